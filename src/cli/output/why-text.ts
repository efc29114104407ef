/** What `why` found out, in words. */

import type { Explanation, NamedRecipient, Readers, Selection } from '../../operations/explain/explanation.js';
import { greatest } from '../../util/lists.js';
import type { Painter } from '../terminal/colours.js';
import { changeText } from './key-change-text.js';
import { printable } from './report.js';

/** Paths shown of each kind; `--json` has all. */
const MOST_PATHS = 50;

/** The lines, with their ends. */
export function explanationText(found: Explanation, paint: Painter): string {
  const title = (text: string): string => paint('underlined', text);
  return [
    fileLine(found),
    configLine(found),
    ...ruleLines(found, paint),
    ...(found.current ? [title('Who can read it now:'), ...readerLines(found.current)] : []),
    ...planLines(found, title),
    ...(found.change ? changeLines(found, found.change, paint) : []),
    ...valueLines(found, title),
    ...found.notes.map((note) => `Note: ${printable(note)}`),
    ...found.problems.map((problem) => paint('red', `Problem: ${printable(problem)}`)),
    '',
  ].join('\n');
}

function fileLine({ file, format, exists, encrypted }: Explanation): string {
  const state = encrypted ? 'encrypted' : exists ? 'not encrypted' : 'not there yet';
  return `File: ${printable(file)} (${format}, ${state})`;
}

function configLine({ config, configProblem }: Explanation): string {
  if (config) return `Configuration: ${printable(config.path)} (found by ${config.foundBy})`;
  if (configProblem !== null) return 'Configuration: cannot be used';
  return 'Configuration: none, neither from the working directory upwards nor from the folder of the file upwards';
}

function ruleLines({ config, rules, comparedPath }: Explanation, paint: Painter): string[] {
  if (!config) return [];
  if (rules.length === 0) return ['It has no creation rules.'];
  const width = greatest(rules.map(({ pathRegex }) => ruleText(pathRegex).length));
  return [
    paint('underlined', `Rules, compared with the path ${printable(comparedPath ?? '')}:`),
    ...rules.map(({ pathRegex, verdict }, at) => {
      const line = `  ${String(at + 1).padStart(2)}  ${ruleText(pathRegex).padEnd(width)}  ${VERDICTS[verdict]}`;
      return verdict === 'used' ? paint('green', line) : line;
    }),
  ];
}

const VERDICTS: Readonly<Record<Explanation['rules'][number]['verdict'], string>> = {
  used: 'matches: this rule is used',
  'does not match': 'does not match',
  'matches too late': 'would match, but a rule before it is used',
  malformed: 'is not a valid expression',
};

function ruleText(pathRegex: string): string {
  return pathRegex === '' ? 'for every file' : printable(pathRegex);
}

function readerLines({ groups, shamirThreshold }: Readers): string[] {
  if (groups.length === 1) return recipientLines(groups[0] ?? [], '  ');
  return [
    `  ${shamirThreshold} of these ${groups.length} groups together:`,
    ...groups.flatMap((group, at) => [`  Group ${at + 1}, any of:`, ...recipientLines(group, '    ')]),
  ];
}

function recipientLines(group: readonly NamedRecipient[], indent: string): string[] {
  if (group.length === 0) return [`${indent}nobody`];
  return group.map(({ type, recipient, name }) => {
    return `${indent}${type} ${printable(recipient)}${name === undefined ? '' : ` (${printable(name)})`}`;
  });
}

/** What the rule gives: of an encrypted file only what `updatekeys` could change, since that is told below. */
function planLines({ plan, current }: Explanation, title: (text: string) => string): string[] {
  const inForce = current ?? plan;
  const selection = inForce ? [title('What is encrypted:'), `  ${selectionText(inForce)}`] : [];
  if (!plan || current) return selection;
  return [title(`Who will be able to read it (from ${printable(plan.from)}):`), ...readerLines(plan), ...selection];
}

function selectionText({ rule, macOnlyEncrypted }: Selection): string {
  const mac = macOnlyEncrypted ? '; the MAC covers encrypted values only' : '';
  return `${rule ? `${rule.option}: ${printable(rule.text)}` : 'the whole content'}${mac}`;
}

function changeLines(
  { file, current, plan }: Explanation,
  change: NonNullable<Explanation['change']>,
  paint: Painter,
): string[] {
  const readers = [current, plan].flatMap((each) => each?.groups.flat() ?? []);
  const nameOf = (key: string) => readers.find(({ recipient }) => recipient === key)?.name;
  return [
    `The rule has other recipients: sops-ts updatekeys ${printable(file)} would make these changes.`,
    ...changeText({ ...change, shutOut: [] }, paint, { nameOf })
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => `  ${line}`),
  ];
}

function valueLines({ values, encrypted }: Explanation, title: (text: string) => string): string[] {
  if (!values) return [];
  const [hidden, shown] = encrypted ? ['Encrypted', 'Readable'] : ['Would be encrypted', 'Would stay readable'];
  const comments = values.encryptedComments === 0 ? '' : `, comments: ${values.encryptedComments}`;
  return [
    title(`${hidden} (values: ${values.encrypted.length}${comments}):`),
    ...pathLines(values.encrypted),
    ...(values.plain.length > 0 ? [title(`${shown} (values: ${values.plain.length}):`)] : []),
    ...pathLines(values.plain),
  ];
}

function pathLines(paths: readonly string[]): string[] {
  const shown = paths.slice(0, MOST_PATHS).map((path) => `  ${printable(path)}`);
  return paths.length > MOST_PATHS ? [...shown, `  … and ${paths.length - MOST_PATHS} more (--json has all)`] : shown;
}
