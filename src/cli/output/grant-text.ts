/** What `grant` shows of its plan, and prints for programs. */

import type { GrantOutcome } from '../../repository/grant/grant.js';
import type { GrantPlan } from '../../repository/grant/grant-plan.js';
import type { FileOutcome } from '../../repository/grant/grant-writing.js';
import { candidateLabel } from '../../repository/grant/granted-key.js';
import type { Candidate } from '../../repository/grant/recipient-source.js';
import type { Painter } from '../terminal/colours.js';
import { printable, reportOf } from './report.js';

/** Who comes in, into which rules and files, and what there is to know of it. */
export function grantPlanText(plan: GrantPlan, paint: Painter): string {
  const { name, who, config, change, files, rules } = plan;
  const todo = files.filter(({ isDone }) => !isDone);
  const added = rules.filter(({ isNew }) => isNew);
  const lines = [
    'This recipient will be let in:',
    paint('green', `+++ ${printable(`${who.recipient} (${name})`)}`),
    ...detailsOf(plan).map((detail) => `    ${printable(detail)}`),
    ...(change.text === null
      ? [`${printable(config.path)} names them already.`]
      : [`They will be put into ${printable(config.path)}:`]),
    ...(change.text === null ? [] : added.map((rule) => `    ${printable(ruleText(rule, plan))}`)),
    ...(change.text !== null && added.length === 0 ? ['    under that name'] : []),
    ...(todo.length > 0 ? ['They will be able to read:'] : ['No file is to be changed.']),
    ...todo.map(({ path }) => `    ${printable(path)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function detailsOf({ who }: GrantPlan): string[] {
  const { fingerprint, remark, origin } = who;
  return [
    ...(fingerprint === undefined ? [] : [fingerprint]),
    ...(remark === undefined || who.recipient.endsWith(remark) ? [] : [remark]),
    ...(origin === undefined ? [] : [`from ${origin}`]),
    ...(who.adopt ? ['to be taken into the keyring of this machine'] : []),
  ];
}

function ruleText({ at, group, groups, rule }: GrantPlan['rules'][number], { copies }: GrantPlan): string {
  const path = rule.pathRegex === '' ? 'all files' : rule.pathRegex;
  const copied = copies.has(at) ? `, which is new, with the recipients of the one after it` : '';
  return `creation rule ${at + 1} (${path})${groups > 1 ? `, key group ${group + 1} of ${groups}` : ''}${copied}`;
}

/** The keys that were found, by number. */
export function candidatesText(found: readonly Candidate[]): string {
  return found.map((one, at) => `${at + 1}  ${printable(candidateLabel(one))}\n`).join('');
}

/** What `--json` prints (docs/repository.md#let-somebody-in). */
export function grantData(
  plan: GrantPlan,
  outcome: GrantOutcome,
  files: readonly FileOutcome[],
  dryRun: boolean,
): unknown {
  const { name, who, config, change, rules, copies, notes } = plan;
  return {
    version: 1,
    outcome,
    dryRun,
    name,
    recipient: who.recipient,
    fingerprint: who.fingerprint ?? null,
    config: config.path,
    configChanges: change.text !== null,
    rules: rules.map(({ at, group, rule, isNew }) => ({
      rule: at + 1,
      pathRegex: rule.pathRegex,
      group: group + 1,
      result: copies.has(at) ? 'copied' : isNew ? 'added' : 'present',
    })),
    files: files.map(({ path, result, error, warnings = [] }) => ({
      file: path,
      result: error ? 'failed' : result,
      ...(error ? { error: error.message.split('\n')[0], status: reportOf(error, false).status } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
    })),
    notes,
  };
}
