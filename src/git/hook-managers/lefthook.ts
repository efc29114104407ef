/** lefthook: a section for each hook, with commands by name or a list of jobs. */
import { join } from 'node:path';
import type { Document, Node, YAMLMap } from 'yaml';
import { readdirSync } from '../../util/files/fs.js';
import { HOOKS, type HookName, hookCommand, stoppedText } from '../hook-lines.js';
import { SHARED_PROGRAM } from '../place.js';
import { type Gap, gapBefore, type Yaml } from './gap.js';
import { isInstalledBy } from './installed.js';
import { ENTRY_NAME, type HookManagerRow } from './manager.js';

const SETTINGS = /^\.?lefthook\.\w+$/;

export const lefthook: HookManagerRow = {
  name: 'lefthook',
  find({ top, folder }) {
    const settings = readdirSync(top).find((name) => SETTINGS.test(name));
    if (settings !== undefined) return join(top, settings);
    return isInstalledBy('lefthook', folder) ? null : undefined;
  },
  hooks: {
    are: 'entries',
    activation: 'run lefthook install',
    lines: () => HOOKS.flatMap(sectionOf),
    gaps: (document, text, yaml) => HOOKS.map((hook) => gapFor(hook, document, { text, yaml })),
    isOurs: (item) => (item as { name?: unknown } | null)?.name === ENTRY_NAME,
    isFor: (line, hook) => line.startsWith(`${hook}:`),
  },
};

function entryOf(hook: HookName): string[] {
  return [
    `${ENTRY_NAME}:`,
    `  run: ${SHARED_PROGRAM} ${hookCommand(hook)}${hook === 'pre-push' ? ' {0}' : ''}`,
    ...(hook === 'pre-push' ? ['  use_stdin: true'] : []),
    `  fail_text: ${JSON.stringify(stoppedText(hook))}`,
  ];
}

function sectionOf(hook: HookName): string[] {
  return [`${hook}:`, '  commands:', ...entryOf(hook).map((line) => `    ${line}`)];
}

/** Before the first entry of what is there already, or a section of our own at the end; null where the text is laid out otherwise. */
function gapFor(
  hook: HookName,
  document: Document,
  { text, yaml }: { readonly text: string; readonly yaml: Yaml },
): Gap | null {
  const { isMap, isSeq } = yaml;
  const section = document.get(hook, true);
  if (section === undefined) return { at: 'end', indent: '', lines: sectionOf(hook) };
  if (!isMap(section)) return null;
  const jobs = section.get('jobs', true);
  if (isSeq(jobs)) {
    const [first = '', ...others] = entryOf(hook);
    return gapBefore(jobs.items[0] as Node | undefined, text, [`- name: ${first.slice(0, -1)}`, ...others]);
  }
  const commands = section.get('commands', true);
  if (isMap(commands)) return gapBefore(firstKey(commands), text, entryOf(hook));
  if (section.has('commands') || section.has('jobs')) return null;
  return gapBefore(firstKey(section), text, ['commands:', ...entryOf(hook).map((line) => `  ${line}`)]);
}

function firstKey(map: YAMLMap): Node | undefined {
  return map.items[0]?.key as Node | undefined;
}
