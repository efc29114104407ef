/** What letting somebody in comes to, found out before anything is changed: rules, files, and the new text of `.sops.yaml`. */

import { join, relative } from 'node:path';
import { withRecipient } from '../../config/config-addition.js';
import { groupsOfRule } from '../../config/config-meaning.js';
import { checkRule } from '../../config/creation-rule.js';
import { CONFIG_NAME } from '../../config/find.js';
import type { Config, CreationRule } from '../../config/model.js';
import { parseConfig } from '../../config/parse.js';
import { ANCHOR_NAME } from '../../config/recipient-name.js';
import { namedIn } from '../../config/recipient-names.js';
import { type ConfigTree, isKeyOrKeys, readConfigTree, recipientsOf } from '../../config/recipients-of.js';
import { readTreeAt } from '../../config/tree-as-read.js';
import { SopsError } from '../../errors.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { openRun, type Run } from '../../run/run.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { oneLine } from '../../util/text/one-line.js';
import { filesFor, type PlannedChange, type PlannedFiles, type RulePlan } from './grant-files.js';
import { asKey, type GrantedKey, grantedKey, type KeyChoice, sameAs } from './granted-key.js';
import { pastNamesIn } from './past-names.js';
import { splitRules } from './rule-split.js';

export interface GrantPlanRequest extends KeyChoice {
  readonly name: string;
  /** Files, folders and patterns; none for all that the configuration is for. */
  readonly paths: readonly string[];
  /** Gives the paths rules of their own where they share one with other files. */
  readonly split?: boolean | undefined;
  /** Which key group, from 1, of rules with several. */
  readonly group?: number | undefined;
  readonly configPath?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

/** All paths are as seen from the working directory. */
export interface GrantPlan extends PlannedChange {
  readonly name: string;
  readonly who: GrantedKey;
  readonly run: Run;
  readonly config: Config;
  readonly rules: readonly RulePlan[];
  /** The places of rules that are new: copies for the files that are meant, in front of the one that they shared with others. */
  readonly copies: ReadonlySet<number>;
  /** What the configuration is to become, and was; `text` is null when it stays as it is. */
  readonly change: ConfigChange;
}

export interface ConfigChange {
  readonly text: string | null;
  readonly read: Uint8Array;
}

/** Looks at everything, and changes nothing. Throws `config`, `key`, and for paths that stand for nothing `no-file`. */
export async function planGrant(request: GrantPlanRequest, host: Session): Promise<GrantPlan> {
  checkName(request.name);
  const run = await openRun({ ...request, filePath: searchedFrom(request, host) }, host);
  if (!run.config?.creationRules?.length) throw withoutRules(run.config);
  const found = await grantedKey(request, run);
  const { bytes: read, tree: before } = await readTreeAt(run.config.file.absolute, run.config.path);
  const who = await underName(found, request.name, { tree: before, config: run.config, run });
  const { config, tree, copies } = request.split
    ? await splitRules({ config: run.config, paths: request.paths, run }, before)
    : { config: run.config, tree: before, copies: new Set<number>() };
  const needed = await filesFor({ config, paths: request.paths, run });
  const rules = await rulesFor(needed, { config, who, group: request.group, run });
  const split = copies.size > 0 ? tree.text : null;
  const change = { text: (await newText(tree, { config, who, name: request.name, rules })) ?? split, read };
  const planned = await needed.planned(await asTheyWillStand(rules, change.text, config));
  append(planned.notes, await pastNotes({ config, who, name: request.name, tree }, host));
  return { name: request.name, who, run, config, rules, copies, change, ...planned };
}

function checkName(name: string): void {
  if (ANCHOR_NAME.test(name)) return;
  throw new SopsError('usage', `${JSON.stringify(oneLine(name))} cannot be a name: it is that of a YAML anchor`, {
    hint: 'Take letters, digits, - and _.',
  });
}

/** Near what is to be read the configuration is looked for, where there is none above the working directory. */
function searchedFrom({ paths }: GrantPlanRequest, { cwd }: Session): string {
  const [first = '.'] = paths;
  const path = resolve(cwd, first);
  return statOrThrow(path)?.isDirectory() === false ? path : join(path, CONFIG_NAME);
}

function withoutRules(config: Config | null): SopsError {
  if (!config) {
    return new SopsError('config', 'there is no .sops.yaml, so nothing says who reads which files', {
      hint: 'sops-ts init makes one.',
    });
  }
  return new SopsError('config', `${config.path} has no creation rules, so nothing says who reads which files`);
}

interface Named {
  readonly tree: ConfigTree;
  readonly config: Config;
  readonly run: Run;
}

/** The key in the spelling that the name has already. Throws `config` for a name of somebody else, and for another name. */
async function underName(who: GrantedKey, name: string, { tree, config, run }: Named): Promise<GrantedKey> {
  const isSame = sameAs(who);
  const values = tree.anchors.get(name);
  if (values) {
    const recipients = values.flatMap((value) => (isKeyOrKeys(value, tree) ? recipientsOf(value, tree) : []));
    const [known, ...others] = recipients;
    if (known === undefined || others.length > 0) {
      throw new SopsError('config', `the anchor ${name} of ${config.path} stands for something else than one key`, {
        hint: 'Choose another name.',
      });
    }
    if (!isSame(known)) throw nameTaken(name, known, config);
    return spelt(who, known, run);
  }
  const other = (await namedIn(tree.text)).find(([, recipient]) => isSame(recipient));
  if (!other) return who;
  throw new SopsError('config', `this recipient is called ${other[0]} in ${config.path}`, {
    hint: `Use that name: sops-ts grant ${other[0]} …, or change it in the file first.`,
  });
}

function nameTaken(name: string, known: string, { path }: Config): SopsError {
  return new SopsError('config', `${name} has another key in ${path}: ${known}`, {
    hint: `If that key is no longer used: sops-ts revoke ${name}, then grant again. If both are: give this one a name of its own, e.g. ${name}-2.`,
  });
}

/** The key as a configuration spells it, where that can be read as one text. */
async function spelt(who: GrantedKey, text: string, run: Run): Promise<GrantedKey> {
  return text === who.recipient ? who : asKey({ ...who, recipient: text }, run).catch(() => who);
}

interface RuleQuestion {
  readonly config: Config;
  readonly who: GrantedKey;
  readonly group: number | undefined;
  readonly run: Run;
}

/** The rules that are to name the recipient, each with its group. Throws `config` where it is not clear which group that is. */
async function rulesFor(needed: PlannedFiles, { config, who, group, run }: RuleQuestion): Promise<RulePlan[]> {
  const isSame = sameAs(who);
  const plans: RulePlan[] = [];
  for (const [at, rule] of (config.creationRules ?? []).entries()) {
    if (!needed.concerns(at)) continue;
    checkRule(rule, run);
    const groups = await groupsOfRule(rule);
    // Where nobody is named the recipients are those of flags.
    if (groups.every((recipients) => recipients.length === 0)) continue;
    const present = groups.findIndex((recipients) => recipients.some(isSame));
    const place = present >= 0 && group === undefined ? present : groupIn(rule, groups.length, group);
    const spelling = groups[place]?.find(isSame);
    const own = spelling === undefined ? who : await spelt(who, spelling, run);
    plans.push({
      at,
      rule,
      groups: groups.length,
      group: place,
      who: own,
      isNew: spelling === undefined,
      standing: rule,
    });
  }
  if (plans.length > 0) return plans;
  throw new SopsError('config', `no rule of ${config.path} that is meant names anybody`);
}

function groupIn(rule: CreationRule, count: number, group: number | undefined): number {
  if (count === 1) return 0;
  if (group !== undefined && Number.isInteger(group) && group >= 1 && group <= count) return group - 1;
  const threshold = rule.shamirThreshold || count;
  throw new SopsError(
    'config',
    `${rule.name} has ${count} key groups, of which ${threshold} are needed to read a file`,
    {
      hint: `Say which group the recipient is for: --group 1 to --group ${count}.`,
    },
  );
}

/** The rules with what the new text of the configuration makes of them. */
async function asTheyWillStand(rules: readonly RulePlan[], text: string | null, config: Config): Promise<RulePlan[]> {
  if (text === null) return [...rules];
  const { read } = await readConfigTree(text);
  const after = parseConfig({ document: read, path: config.path, folder: config.folder, isAlone: true });
  return rules.map((one) => ({ ...one, standing: after.creationRules?.[one.at] ?? one.standing }));
}

interface TextQuestion {
  readonly config: Config;
  readonly who: GrantedKey;
  readonly name: string;
  readonly rules: readonly RulePlan[];
}

/** What the configuration is to become; null when it has the recipient, and its name, already. Throws `config`. */
export async function newText(tree: ConfigTree, { config, who, name, rules }: TextQuestion): Promise<string | null> {
  const missing = rules.filter(({ isNew }) => isNew);
  if (missing.length === 0 && tree.anchors.has(name)) return null;
  const addition = {
    path: config.path,
    name,
    recipient: who.recipient,
    key: who.key,
    rules: new Map(missing.map(({ at, group }) => [at, group])),
  };
  const text = await withRecipient(tree, addition);
  return text === tree.text ? null : text;
}

interface PastQuestion {
  readonly config: Config;
  readonly who: GrantedKey;
  readonly name: string;
  readonly tree: ConfigTree;
}

/** What git remembers of the recipient and the name, where `.sops.yaml` no longer does. */
async function pastNotes({ config, who, name, tree }: PastQuestion, host: Session): Promise<string[]> {
  if (recipientsOf(tree.document, tree).some(sameAs(who))) return [];
  const path = config.file.absolute;
  const { wasThere, namesake } = await pastNamesIn(path, { name, recipient: who.recipient }, host);
  const log = `git log -p -- ${relative(host.cwd, path) || config.path}`;
  return [
    ...(wasThere ? [`this recipient was taken out of ${config.path} before; see when and why: ${log}`] : []),
    ...(namesake === undefined ? [] : [`${name} stood for another key before: ${namesake}; see: ${log}`]),
  ];
}
