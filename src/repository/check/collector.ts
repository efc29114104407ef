/** Collects the results of checking single files: findings with their places, counts, and what can only be told from many files together. */
import type { CreationRule } from '../../config/model.js';
import type { SopsError } from '../../errors.js';
import { type CheckFinding, compareFindings, type Discovery, type FindingPlace, findingsOf } from './check-finding.js';
import type { Examination } from './examine-file.js';
import type { RuleBook } from './rule-book.js';

/** A rule that so far encrypts nothing, and the first file that it passed over. */
interface PassingRule {
  readonly first: FindingPlace;
  count: number;
}

/** What a check came to. */
export interface CheckReport {
  /** In order of path, line and rule. */
  readonly findings: readonly CheckFinding[];
  /** What could not be looked at, or stood for nothing; in the order in which it was met. */
  readonly problems: readonly SopsError[];
  /** Submodules and repositories within, which were not entered. */
  readonly notEntered: readonly string[];
  readonly files: number;
  readonly encrypted: number;
  /** Findings that a comment in the file allows. */
  readonly allowed: number;
  /** Findings that a baseline has. */
  readonly baselined: number;
}

export class Collector {
  private readonly findings: CheckFinding[] = [];
  private readonly problems: SopsError[] = [];
  private readonly notEntered = new Set<string>();
  private readonly files = new Set<string>();
  private readonly encrypted = new Set<string>();
  private allowed = 0;
  private readonly known = new Set<string>();
  private readonly passing = new Map<string, PassingRule & { readonly rule: CreationRule }>();
  private readonly selecting = new Set<string>();

  /** A file was looked at, in whatever version. */
  count(path: string): void {
    this.files.add(path);
  }

  skip(shown: string): void {
    this.notEntered.add(shown);
  }

  /** The same problem of many files, as one of their configuration, is reported once. */
  fail(error: SopsError): void {
    const isSame = ({ message, file }: SopsError): boolean =>
      message === error.message && (error.code === 'config' || file === error.file);
    if (!this.problems.some(isSame)) this.problems.push(error);
  }

  /** The same finding of a later commit is reported once. */
  add(discoveries: readonly Discovery[], { path, shown, commit }: FindingPlace): void {
    for (const finding of findingsOf(discoveries, { path, shown, commit })) {
      if (this.known.has(finding.fingerprint)) continue;
      this.known.add(finding.fingerprint);
      this.findings.push(finding);
    }
  }

  /** Takes in what came of a file. */
  takeExamination(examination: Examination, place: FindingPlace, book: RuleBook | null): void {
    this.add(examination.discoveries, place);
    this.allowed += examination.allowed;
    if (examination.problem) this.fail(examination.problem);
    if (examination.encrypted) this.encrypted.add(place.path);
    this.noteRule(examination, place, book);
  }

  /** Notes whether the rule of a file encrypts something of it. */
  noteRule({ covering, passesOver, isSealed }: Examination, place: FindingPlace, book: RuleBook | null): void {
    if (!covering || covering.isForAll || !book) return;
    const id = idOf(covering.rule);
    const known = this.passing.get(id);
    if (passesOver && known) known.count += 1;
    else if (passesOver) this.passing.set(id, { rule: covering.rule, first: place, count: 1 });
    else if (isSealed) this.selecting.add(id);
  }

  /** Whether every rule that passed over a file encrypts something of another. */
  get isSettled(): boolean {
    return [...this.passing.keys()].every((id) => this.selecting.has(id));
  }

  /** Whether a rule has passed over files and encrypted nothing so far. */
  isIdle(rule: CreationRule): boolean {
    const id = idOf(rule);
    return this.passing.has(id) && !this.selecting.has(id);
  }

  report(): CheckReport {
    this.tellIdleRules();
    const { problems, allowed } = this;
    return {
      findings: this.findings.sort(compareFindings),
      problems,
      notEntered: [...this.notEntered].sort(),
      files: this.files.size,
      encrypted: this.encrypted.size,
      allowed,
      baselined: 0,
    };
  }

  private tellIdleRules(): void {
    for (const [id, { rule, first, count }] of this.passing) {
      if (this.selecting.has(id)) continue;
      const [option, text] = [...rule.selection][0] ?? ['unencrypted_suffix', '_unencrypted'];
      const more = count > 1 ? ` and ${count - 1} more` : '';
      const message = `${rule.name} is for this file${more}, and its ${option} ${JSON.stringify(text)} selects no value of any`;
      const next = 'Correct the expression, or give the rule a narrower path_regex.';
      this.add([{ rule: 'rule-selects-nothing', message, next }], first);
    }
  }
}

/** The same rule of several commits is one. */
function idOf({ name, pathRegex, selection }: CreationRule): string {
  return JSON.stringify([name, pathRegex, ...selection]);
}
