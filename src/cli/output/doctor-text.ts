/** What `doctor` found out, in words. */
import type { KeyFinding } from '../../keys/finding.js';
import type { AgentCheckup, Checkup, TypeCheckup } from '../../operations/explain/doctor.js';
import type { DryRun, KeyTrial } from '../../operations/explain/dry-run.js';
import type { Leftover } from '../../util/files/leftovers.js';
import { shownDuration } from '../../util/text/duration.js';
import type { Painter } from '../terminal/colours.js';
import { quantity } from './quantity.js';
import { printable } from './report.js';

/** The lines, with their ends. `whole`: what is not set up is told, too. */
export function checkupText(
  { config, types, agent, file, leftovers, problems }: Checkup,
  paint: Painter,
  whole: boolean,
): string {
  return [
    `Configuration: ${config === null ? 'none' : printable(config)}`,
    ...typesLines(types, paint, whole),
    ...(agent ? [agentLine(agent)] : []),
    ...(file ? fileLines(file, paint) : []),
    ...leftoverLines(leftovers, paint),
    ...problems.flatMap(({ what, advice }) => [
      paint('red', `Problem: ${printable(what)}`),
      ...(advice === undefined ? [] : adviceLines(advice)),
    ]),
    ...(problems.length === 0 ? [paint('green', 'All is well.')] : []),
    '',
  ].join('\n');
}

/** What is set up, then the names of all for which nothing is. */
function typesLines(types: readonly TypeCheckup[], paint: Painter, whole: boolean): string[] {
  const toTell = types.map(({ title, findings }) => ({
    title,
    told: whole ? findings : findings.filter(({ state }) => state === 'found' || state === 'faulty'),
  }));
  const empty = toTell.filter(({ told }) => told.length === 0).map(({ title }) => title);
  return [
    ...toTell
      .filter(({ told }) => told.length > 0)
      .flatMap(({ title, told }) => [
        `${paint('underlined', title)}:`,
        ...told.flatMap((finding) => findingLines(finding, paint)),
      ]),
    ...(empty.length > 0 ? [`Nothing is set up for: ${empty.join(', ')} (--verbose tells what was looked for)`] : []),
  ];
}

/** What it keeps are data keys of files, not what opens them. */
function agentLine({ socket, status }: AgentCheckup): string {
  if (!status) return 'Key agent: none runs (sops-ts agent start)';
  const { kept, pid, idle, lifetime } = status;
  const keys = quantity(kept, 'data key');
  const times = `${shownDuration(idle)} unused, ${shownDuration(lifetime)} at most`;
  return `Key agent: process ${pid} at ${printable(socket)} keeps ${keys} (${times})`;
}

const MARKS: Readonly<Record<KeyFinding['state'], string>> = {
  found: 'ok      ',
  also: '        ',
  absent: '-       ',
  faulty: 'FAULTY  ',
};

/** The advice for what is faulty stands with the problems at the end. */
function findingLines({ state, what, detail, advice }: KeyFinding, paint: Painter): string[] {
  const line = `  ${MARKS[state]}${printable(what)}${detail === undefined ? '' : `: ${printable(detail)}`}`;
  const look = state === 'faulty' ? 'red' : state === 'found' ? 'green' : undefined;
  return [look ? paint(look, line) : line, ...(advice === undefined || state === 'faulty' ? [] : adviceLines(advice))];
}

function adviceLines(advice: string): string[] {
  return advice.split('\n').map((line) => `          ${printable(line)}`);
}

function fileLines(file: DryRun, paint: Painter): string[] {
  const { path, format, encrypted, groups, needed, opened } = file;
  const title = paint('underlined', `File ${printable(path)}`);
  if (!encrypted) return [`${title} (${format})`];
  const enough = `${opened} of ${groups.length} key groups open here, ${needed} needed`;
  return [
    `${title} (${format}):`,
    ...groups.flatMap((group, at) => [
      ...(groups.length > 1 ? [`  Group ${at + 1}, any of:`] : []),
      ...group.flatMap((trial) => trialLines(trial, paint, file.dataKey !== true)),
    ]),
    ...(groups.length > 1 ? [`  ${enough}`] : []),
    `  Data key: ${outcome(file.dataKey, 'recovered', 'NOT recovered')}`,
    `  Values:   ${outcome(file.values, 'all can be decrypted', 'NOT all can be decrypted')}`,
    `  MAC:      ${outcome(file.mac, 'as it was written', 'DOES NOT FIT the values')}`,
  ];
}

/** What to do about a key matters only when the others are not enough. */
function trialLines(trial: KeyTrial, paint: Painter, advises: boolean): string[] {
  const { type, recipient, name, opens, reason, advice } = trial;
  const who = `${type} ${printable(recipient)}${name === undefined ? '' : ` (${printable(name)})`}`;
  if (opens) return [paint('green', `  opens   ${who}`)];
  const why = (reason ?? '').split('\n').filter((line) => line.trim() !== '');
  return [
    `  closed  ${who}`,
    ...why.map((line) => `          ${printable(line)}`),
    ...(advice && advises ? adviceLines(advice) : []),
  ];
}

const STATES: Readonly<Record<Leftover['state'], string>> = {
  removed: 'removed: ',
  used: 'in use by a run that goes on, or may: ',
  stuck: 'NOT removed: ',
};

function leftoverLines(leftovers: readonly Leftover[], paint: Painter): string[] {
  if (leftovers.length === 0) return [];
  const lines = leftovers.map(({ path, state }) => `  ${STATES[state]}${printable(path)}`);
  return [paint('underlined', 'Temporary files, folders and locks, of runs that were killed or go on:'), ...lines];
}

function outcome(came: boolean | null, good: string, bad: string): string {
  return came === null ? 'not known' : came ? good : bad;
}
