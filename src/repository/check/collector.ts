/** Takes what the checks of single files come to: findings with their places, counts, and what only many files tell together. */

import type { CreationRule } from '../../config/model.js';
import type { SopsError } from '../../errors.js';
import { type CheckFinding, type Discovery, findingsOf } from './check-finding.js';
import type { Examination } from './examine-file.js';
import type { RuleBook } from './rule-book.js';
import type { FileSubject } from './subject.js';

/** A rule that so far encrypts nothing, and the first file that it passed over. */
interface PassingRule {
  readonly book: RuleBook;
  readonly first: FileSubject;
  count: number;
}

export class Collector {
  readonly findings: CheckFinding[] = [];
  readonly problems: SopsError[] = [];
  readonly passedOver: string[] = [];
  files = 0;
  encrypted = 0;
  private readonly known = new Set<string>();
  private readonly passing = new Map<CreationRule, PassingRule>();
  private readonly selecting = new Set<CreationRule>();

  /** The same finding of a later commit is told once. */
  add(discoveries: readonly Discovery[], place: { path: string; shown: string; commit?: string | undefined }): void {
    const { path, shown, commit } = place;
    for (const finding of findingsOf(discoveries, { path, shown, commit })) {
      if (this.known.has(finding.fingerprint)) continue;
      this.known.add(finding.fingerprint);
      this.findings.push(finding);
    }
  }

  /** Notes whether the rule of a file encrypts something of it. */
  noteRule(
    { covering, passesOver, encrypted, discoveries }: Examination,
    subject: FileSubject,
    book: RuleBook | null,
  ): void {
    if (!covering || covering.isForAll || !book) return;
    const { rule } = covering;
    if (passesOver) {
      const known = this.passing.get(rule);
      if (known) known.count += 1;
      else this.passing.set(rule, { book, first: subject, count: 1 });
    } else if (encrypted || discoveries.length > 0) this.selecting.add(rule);
  }

  /** The rules of which no file was met that they encrypt something of, though they are for some. */
  get idleRules(): readonly CreationRule[] {
    return [...this.passing.keys()].filter((rule) => !this.selecting.has(rule));
  }

  /** Tells of those that are left. */
  tellIdleRules(): void {
    for (const rule of this.idleRules) {
      const found = this.passing.get(rule);
      if (!found) continue;
      const { first, count } = found;
      const [option, text] = [...rule.selection][0] ?? ['unencrypted_suffix', '_unencrypted'];
      const message = `${rule.name} is for this file${count > 1 ? ` and ${count - 1} more` : ''}, and its ${option} ${JSON.stringify(text)} selects no value of any`;
      const next = 'Correct the expression, or give the rule a narrower path_regex.';
      this.add([{ rule: 'rule-selects-nothing', message, next }], first);
    }
  }
}
