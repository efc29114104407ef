/** `config check`: what is probably a mistake in a configuration, seen by itself and against the files that it is for. */

import { relative, sep } from 'node:path';
import { configText } from '../config/config-text.js';
import { effectOf } from '../config/creation-rule.js';
import { readConfigDocument } from '../config/document.js';
import { suggestionFor } from '../config/misspelt.js';
import type { Config, CreationRule, UnknownKey } from '../config/model.js';
import { TOP_KEYS } from '../config/parse.js';
import { namesOf } from '../config/recipient-names.js';
import { SopsError } from '../errors.js';
import { keyStringOf } from '../keyservice/keyservice.js';
import { openRun } from '../run/run.js';
import { keysOfRule } from '../run/trust.js';
import { readFileSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host, Session } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { append } from '../util/lists.js';
import { compileRe2, type Re2 } from '../util/text/re2.js';
import { findFiles } from './operands.js';

/** What is wrong, in a word for programs. */
export type ConfigFindingKind =
  | 'malformed-pattern'
  | 'never-used'
  | 'overlap'
  | 'matches-nothing'
  | 'key-groups'
  | 'threshold'
  | 'selection'
  | 'no-recipients'
  | 'unnamed-recipient'
  | 'unknown-key'
  | 'unknown-scheme';

export interface ConfigFinding {
  readonly kind: ConfigFindingKind;
  /** How messages call the rule; null for what is about all of the file. */
  readonly rule: string | null;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

export interface ConfigCheck {
  /** Its path, as found. */
  readonly config: string;
  readonly rules: number;
  /** How many files of its folder the rules were compared with. */
  readonly files: number;
  readonly findings: readonly ConfigFinding[];
}

export interface ConfigCheckRequest {
  readonly configPath?: string | undefined;
  /** Those that references have. */
  readonly schemes: readonly string[];
}

/** Checks the configuration in force. Throws `config` for none, and for one that cannot be read; nothing is contacted. */
export async function checkConfig({ configPath, schemes }: ConfigCheckRequest, given: Host): Promise<ConfigCheck> {
  const host = sessionOf(given);
  const { config } = await openRun({ configPath }, host);
  if (!config) throw new SopsError('config', 'config file not found', { hint: 'sops-ts init makes a .sops.yaml.' });
  const rules = config.creationRules ?? [];
  const paths = await pathsBelow(config, host);
  const patterns = await Promise.all(rules.map(patternOf));
  const findings = [
    ...misspeltAtTop(config, host),
    ...unknownSchemes(config, schemes),
    ...(await Promise.all(rules.map(flawsOf))).flat(),
    ...(await brokenDestinations(config)),
    ...againstFiles(rules, patterns, paths),
    ...(await unnamedIn(config, host)),
  ];
  return { config: config.path, rules: rules.length, files: paths.length, findings };
}

/** The files of the configuration's folder as rules see them. */
async function pathsBelow({ folder, file }: Config, host: Host): Promise<string[]> {
  const { files } = await findFiles([relative(host.cwd, folder) || '.'], host);
  return files
    .filter(({ absolute }) => absolute !== file.absolute)
    .map(({ absolute }) => relative(folder, absolute).replaceAll(sep, '/'));
}

/** Null for a malformed one. */
async function patternOf(rule: CreationRule): Promise<Re2 | null> {
  return compileRe2(rule.pathRegex).catch(() => null);
}

function unknownSchemes({ referenceGrants }: Config, schemes: readonly string[]): ConfigFinding[] {
  const unknown = new Set(referenceGrants.map(({ scheme }) => scheme).filter((scheme) => !schemes.includes(scheme)));
  return [...unknown].map((scheme) => {
    const meant = suggestionFor(scheme, schemes);
    return {
      kind: 'unknown-scheme',
      rule: null,
      message: `refs allows ${JSON.stringify(scheme)}, which is not a scheme of references`,
      hint: meant === undefined ? `The schemes are ${schemes.join(', ')}.` : `Is ${meant} meant?`,
    };
  });
}

function misspeltAtTop({ path }: Config, host: Host): ConfigFinding[] {
  const { root } = readConfigDocument(configText(readFileSync(resolve(host.cwd, path))));
  const keys = root.kind === 'branch' ? root.items.flatMap((entry) => (entry.kind === 'item' ? [entry.key] : [])) : [];
  return keys.flatMap((key): ConfigFinding[] => {
    const meant = TOP_KEYS.includes(key) ? undefined : suggestionFor(key, TOP_KEYS);
    if (meant === undefined) return [];
    const message = `${path}: ${JSON.stringify(key)} at the top is ignored`;
    return [{ kind: 'unknown-key', rule: null, message, hint: `Did you mean ${JSON.stringify(meant)}?` }];
  });
}

function aboutUnknown({ key, suggestion, advice }: UnknownKey): [message: string, hint: string] {
  const name = JSON.stringify(key);
  if (advice !== undefined) return [`the key ${name} is ignored where it stands`, `Instead ${advice}.`];
  const hint = suggestion === undefined ? 'Take it out, or move it to the top.' : `Did you mean "${suggestion}"?`;
  return [`the key ${name} is not known`, hint];
}

/** What is wrong with a rule by itself. */
async function flawsOf(rule: CreationRule): Promise<ConfigFinding[]> {
  const { name, keyGroups, shamirThreshold, selection, unknownKeys } = rule;
  const found: ConfigFinding[] = [...(await malformed(rule, rule.pathRegex, 'path_regex'))];
  const add = (kind: ConfigFindingKind, message: string, hint: string): void =>
    void found.push({ kind, rule: name, message: `${name}: ${message}`, hint });
  for (const [option, text] of selection) {
    if (option.endsWith('_regex')) append(found, await malformed(rule, text, option));
  }
  if (selection.size > 1)
    add('selection', `${[...selection.keys()].join(' and ')} exclude each other`, 'Keep one of them.');
  for (const key of unknownKeys) add('unknown-key', ...aboutUnknown(key));
  if (keysOfRule(rule).length === 0)
    add('no-recipients', 'it names no recipients, so nothing can be encrypted by it', 'Name some.');
  if (keyGroups.length > 1 && shamirThreshold === 0) {
    add(
      'key-groups',
      `its ${keyGroups.length} key groups are all needed to decrypt, since it has no shamir_threshold`,
      `Where any key is to be enough, write the types as one group (without "-" before the second) or use any_of; else say shamir_threshold: ${keyGroups.length}.`,
    );
  }
  if (keyGroups.length > 1 && shamirThreshold === 1) {
    add(
      'threshold',
      'shamir_threshold is 1, by which nothing can be encrypted: 2 is the least',
      'Where any key is to be enough, write the groups below any_of, without a threshold.',
    );
  }
  if (keyGroups.length > 1 && shamirThreshold > keyGroups.length) {
    add(
      'threshold',
      `shamir_threshold is ${shamirThreshold}, but there are ${keyGroups.length} key groups`,
      'Lower it, or add groups.',
    );
  }
  return found;
}

async function malformed(
  { name }: Pick<CreationRule, 'name'>,
  pattern: string,
  field: string,
): Promise<ConfigFinding[]> {
  try {
    await compileRe2(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const message = `${name}: ${field} is not a valid expression: ${error.message}`;
    return [
      {
        kind: 'malformed-pattern',
        rule: name,
        message,
        hint: 'Expressions have RE2 syntax, without look-around and back-references.',
      },
    ];
  }
}

async function brokenDestinations({ destinationRules }: Config): Promise<ConfigFinding[]> {
  return (await Promise.all(destinationRules.map((rule) => malformed(rule, rule.pathRegex, 'path_regex')))).flat();
}

/** What rules do to the files there are. */
function againstFiles(
  rules: readonly CreationRule[],
  patterns: readonly (Re2 | null)[],
  paths: readonly string[],
): ConfigFinding[] {
  const matching = patterns.map((pattern) => (pattern ? paths.filter((path) => pattern.test(path)) : []));
  const used = new Map<string, number>();
  for (const [at, own] of matching.entries()) for (const path of own) if (!used.has(path)) used.set(path, at);
  return rules.flatMap((rule, at) => {
    if (!patterns[at]) return [];
    const own = matching[at] ?? [];
    return neverUsed(rules, at, own, used) ?? [...nothingMatched(rule, own), ...overlaps(rules, at, own, used)];
  });
}

/** Expressions that are found in every path. */
const EVERYTHING = new Set(['', '.', '.*', '.+', '^', '$', '^.*', '.*$', '^.*$', '^.+$', '^.', '.$']);

/** A rule that an earlier one leaves nothing to; undefined when it is not so. */
function neverUsed(
  rules: readonly CreationRule[],
  at: number,
  own: readonly string[],
  used: ReadonlyMap<string, number>,
): ConfigFinding[] | undefined {
  const rule = rules[at] as CreationRule;
  const before = rules.slice(0, at);
  const wider = before.find(({ pathRegex }) => EVERYTHING.has(pathRegex) || pathRegex === rule.pathRegex);
  const taker =
    wider ??
    (own.length > 0 && own.every((path) => used.get(path) !== at) ? before[used.get(own[0] ?? '') ?? 0] : undefined);
  if (!taker) return undefined;
  const why = wider
    ? `${taker.name} before it matches all that it matches`
    : `rules before it take all ${own.length} files that it matches (${own[0]}: ${taker.name})`;
  return [
    {
      kind: 'never-used',
      rule: rule.name,
      message: `${rule.name} is never used: ${why}`,
      hint: 'Put the narrower rule first, or take it out.',
    },
  ];
}

function nothingMatched({ name, pathRegex }: CreationRule, own: readonly string[]): ConfigFinding[] {
  if (own.length > 0 || pathRegex === '') return [];
  const message = `${name} matches no file: path_regex ${JSON.stringify(pathRegex)}`;
  return [
    {
      kind: 'matches-nothing',
      rule: name,
      message,
      hint: 'Correct it, or take the rule out; paths are seen from the folder of the configuration.',
    },
  ];
}

/** A rule that would encrypt files differently than the earlier one that is used for them; one for all files catches what is left. */
function overlaps(
  rules: readonly CreationRule[],
  at: number,
  own: readonly string[],
  used: ReadonlyMap<string, number>,
): ConfigFinding[] {
  const rule = rules[at] as CreationRule;
  if (EVERYTHING.has(rule.pathRegex)) return [];
  const byTaker = new Map<number, string[]>();
  for (const path of own) {
    const taker = used.get(path) ?? at;
    if (taker !== at) byTaker.set(taker, [...(byTaker.get(taker) ?? []), path]);
  }
  return [...byTaker].flatMap(([taker, paths]): ConfigFinding[] => {
    const first = rules[taker] as CreationRule;
    if (effectOf(first) === effectOf(rule)) return [];
    const files = paths.length === 1 ? paths[0] : `${paths.length} files (${paths[0]}, …)`;
    const message = `${rule.name} matches ${files}, too, for which ${first.name} is used, and would encrypt otherwise`;
    return [
      {
        kind: 'overlap',
        rule: rule.name,
        message,
        hint: 'Make the expressions exclude each other, or put the rules into the order that is meant.',
      },
    ];
  });
}

/** Recipients without a name. Those of files have theirs there, and SSH keys a comment. */
async function unnamedIn(config: Config, host: Session): Promise<ConfigFinding[]> {
  const nameOf = await namesOf(config, host);
  const filed = new Set(config.recipientsFiles.flatMap(({ texts }) => texts));
  const unnamed = new Map<string, string>();
  for (const rule of config.creationRules ?? []) {
    for (const recipient of await recipientsIn(rule)) {
      const isNamed = nameOf(recipient) !== undefined || filed.has(recipient) || /^ssh-\S+ \S+ \S/.test(recipient);
      if (!isNamed && !unnamed.has(recipient)) unnamed.set(recipient, rule.name);
    }
  }
  return [...unnamed].map(([recipient, rule]) => ({
    kind: 'unnamed-recipient',
    rule,
    message: `${rule}: ${recipient} has no name`,
    hint: 'Give it one with an anchor: keys: [&name RECIPIENT], and *name in the rule; then why, revoke and others show who it is.',
  }));
}

async function recipientsIn(rule: CreationRule): Promise<string[]> {
  const all = keysOfRule(rule).map(async ([type, key]) =>
    typeof key === 'string'
      ? key.split(',').map((one) => one.trim())
      : [await keyStringOf({ type, fields: key, enc: '' })],
  );
  return (await Promise.all(all)).flat().filter((text) => text !== '');
}
