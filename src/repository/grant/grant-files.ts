/** The files that a grant is about: the encrypted ones among those that are meant, by the rules that are in force for them. */
import { dirname, join, relative } from 'node:path';
import { explainRules } from '../../config/creation-rule.js';
import { CONFIG_NAME } from '../../config/find.js';
import type { Config, CreationRule } from '../../config/model.js';
import { SopsError } from '../../errors.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import type { Run } from '../../run/run.js';
import { isWithin, statOrThrow } from '../../util/files/files.js';
import { findFiles } from '../operands.js';
import { targetsAmong } from '../targets.js';
import { type GrantedKey, sameAs } from './granted-key.js';

/** A rule that is to name the recipient. */
export interface RulePlan {
  /** Its place among the creation rules. */
  readonly at: number;
  readonly rule: CreationRule;
  /** How many key groups it has, and the place of the one that is meant. */
  readonly groups: number;
  readonly group: number;
  /** The recipient as the rule has it, or will. */
  readonly who: GrantedKey;
  readonly isNew: boolean;
  /** The rule as it will stand, with the recipient. */
  readonly standing: CreationRule;
}

/** A file that the recipient is to be able to read. */
export interface FilePlan {
  readonly path: string;
  readonly absolute: string;
  readonly rule: RulePlan;
  /** Whether the recipient can read it already. */
  readonly isDone: boolean;
}

/** An encrypted file, and the place of the rule that is for it. */
export interface RuledFile {
  readonly path: string;
  readonly absolute: string;
  readonly rule: number;
}

export interface FilesQuestion {
  readonly config: Config;
  readonly paths: readonly string[];
  readonly run: Run;
}

/** The files that are meant. */
export class PlannedFiles {
  readonly #files: readonly RuledFile[];
  readonly #problems: readonly SopsError[];
  readonly #notes: readonly string[];
  readonly #areAll: boolean;

  constructor(found: RuledFiles, areAll: boolean) {
    this.#files = found.files;
    this.#problems = found.problems;
    this.#notes = found.notes;
    this.#areAll = areAll;
  }

  /** Whether a rule is to name the recipient. */
  concerns(rule: number): boolean {
    return this.#areAll || this.#files.some((file) => file.rule === rule);
  }

  /** The files of rules that name the recipient then, read for whether they do so already. */
  async planned(rules: readonly RulePlan[]): Promise<PlannedChange> {
    const change: PlannedChange = { files: [], problems: [...this.#problems], notes: [...this.#notes] };
    for (const { path, absolute, rule: at } of this.#files) {
      const rule = rules.find((one) => one.at === at);
      if (!rule) continue;
      try {
        const found = await readEncrypted(absolute);
        if (!found) change.notes.push(`${path} is not encrypted yet`);
        else
          change.files.push({
            path,
            absolute,
            rule,
            isDone: await isGranted(metadataFromBranch(found.file.metadata), rule),
          });
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
        change.problems.push(error.with(error.code, { file: path }));
      }
    }
    return change;
  }
}

/** What grants come to in files. */
export interface PlannedChange {
  readonly files: FilePlan[];
  /** Why files could not be looked into. */
  readonly problems: SopsError[];
  readonly notes: string[];
}

/** Whether the recipient has a key in the group of a file. Throws `failed` for a file with other groups than its rule. */
export async function isGranted({ keyGroups }: Metadata, { groups, group, who, rule }: RulePlan): Promise<boolean> {
  if (keyGroups.length !== groups) {
    throw new SopsError('failed', `it has ${keyGroups.length} key group(s), and ${rule.name} has ${groups}`, {
      hint: 'Somebody who can read it brings it up to date first: sops-ts updatekeys FILE',
    });
  }
  const isSame = sameAs(who);
  for (const key of keyGroups[group] ?? []) if (key.enc.trim() !== '' && isSame(await keyStringOf(key))) return true;
  return false;
}

export interface RuledFiles {
  readonly files: RuledFile[];
  readonly problems: SopsError[];
  readonly notes: string[];
}

/**
 * Finds the encrypted files that are meant. Throws `config` where a rule for them is for others as well, which the recipient would then
 * have a right to, and `no-file` where there are none.
 */
export async function filesFor(question: FilesQuestion): Promise<PlannedFiles> {
  const { config, paths, run } = question;
  const all = [relative(run.cwd, config.folder) || '.'];
  if (paths.length === 0) return new PlannedFiles(await findRuled(all, question), true);
  const found = await findRuled(paths, question);
  const absent = found.problems.find(({ code }) => code === 'no-file');
  if (absent) throw absent;
  if (found.files.length === 0 && found.problems.length === 0) {
    throw new SopsError('no-file', `there is no encrypted file in ${paths.join(' ')} that ${config.path} is for`, {
      file: '',
      hint: 'Encrypt one first; without --paths all rules get the recipient.',
    });
  }
  const others = await findRuled(all, question);
  checkUnshared(found.files, others.files, config);
  return new PlannedFiles(found, false);
}

/** The encrypted files that words stand for, as far as a rule of the configuration is for them. */
export async function findRuled(words: readonly string[], { config, run }: FilesQuestion): Promise<RuledFiles> {
  const { files, problems: absent, passedOver } = await findFiles(words, run);
  const found: RuledFiles = { files: [], problems: [...absent], notes: [] };
  for (const path of passedOver) found.notes.push(`${path} is a repository of its own, and was not looked into`);
  const unruled: string[] = [];
  const nested = new Set<string>();
  const top = isWithin(run.cwd, config.folder) ? config.folder : run.cwd;
  for await (const { file, problem } of targetsAmong(files, { kind: 'sealed', top }, run)) {
    const { path, absolute } = file;
    const nearer = nearerConfig(absolute, config);
    if (problem) found.problems.push(problem);
    else if (nearer !== undefined) nested.add(nearer);
    else {
      const rule = await ruleOf(absolute, config, run);
      if (rule === undefined) unruled.push(path);
      else found.files.push({ path, absolute, rule });
    }
  }
  if (unruled.length > 0)
    found.notes.push(`no rule of ${config.path} is for these, so they stay as they are: ${unruled.join(', ')}`);
  for (const folder of nested) {
    const path = relative(run.cwd, join(folder, CONFIG_NAME));
    found.notes.push(`${path} is nearer to the files there, which stay as they are; for them: --config ${path}`);
  }
  return found;
}

/** The place of the rule for a file; undefined for none. */
export async function ruleOf(absolute: string, config: Config, run: Run): Promise<number | undefined> {
  const { rules } = await explainRules(config, absolute, run);
  const at = rules.findIndex(({ verdict }) => verdict === 'used');
  return at < 0 ? undefined : at;
}

/** Where a configuration is nearer to a file than the one in force: its folder; undefined for none. */
function nearerConfig(absolute: string, { folder, file }: Config): string | undefined {
  const own = dirname(file.absolute);
  for (let at = dirname(absolute); at !== own && at !== folder && isWithin(at, folder); at = dirname(at)) {
    if (statOrThrow(join(at, CONFIG_NAME))) return at;
  }
  return undefined;
}

/** Shown of the files that a rule is for as well. */
const MOST_SHOWN = 5;

/** Whoever stands in a rule gets all its files with the next `updatekeys`, and every new one. Throws `config`. */
function checkUnshared(meant: readonly RuledFile[], all: readonly RuledFile[], config: Config): void {
  for (const [at, others] of sharedRules(meant, all)) {
    const rule = config.creationRules?.[at];
    const shown = others.slice(0, MOST_SHOWN).map(({ path }) => path);
    const more = others.length > MOST_SHOWN ? ` and ${others.length - MOST_SHOWN} more` : '';
    throw new SopsError(
      'config',
      `${rule?.name} is for these as well, which the recipient would be let into: ${shown.join(', ')}${more}`,
      {
        file: '',
        hint: `Name them, too, or run this with --split: what is to be read gets a rule of its own in front of it, with the same recipients, e.g.\npath_regex: ${regexFor(meant, at, config)}`,
      },
    );
  }
}

/** The rules of files that are meant which are for other files as well, with those. */
export function sharedRules(meant: readonly RuledFile[], all: readonly RuledFile[]): Map<number, RuledFile[]> {
  const isMeant = new Set(meant.map(({ absolute }) => absolute));
  const shared = new Map<number, RuledFile[]>();
  for (const at of new Set(meant.map(({ rule }) => rule))) {
    const others = all.filter(({ rule, absolute }) => rule === at && !isMeant.has(absolute));
    if (others.length > 0) shared.set(at, others);
  }
  return shared;
}

/** An expression for the files alone, as it is shown. */
function regexFor(meant: readonly RuledFile[], at: number, config: Config): string {
  const some = meant.filter(({ rule }) => rule === at);
  return some.length > MOST_SHOWN ? `${exactly(some.slice(0, MOST_SHOWN), config)} …` : exactly(some, config);
}

/** An expression for files alone, by their paths below the folder of the configuration. */
export function exactly(files: readonly RuledFile[], config: Config): string {
  const escaped = files.map(({ absolute }) => literally(pathBelow(absolute, config)));
  return escaped.length === 1 ? `^${escaped[0]}$` : `^(${escaped.join('|')})$`;
}

/** A path as rules see it. */
export function pathBelow(absolute: string, { folder }: Config): string {
  return relative(folder, absolute).replaceAll('\\', '/');
}

/** An expression for a text. */
export function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
