/** Our entries in the files of lefthook and pre-commit, put into their text so that comments and layout stay. */
import { isDeepStrictEqual } from 'node:util';
import type { Document, Node, YAMLMap } from 'yaml';
import { HOOKS, type HookName, hookCommand, stoppedText } from './hook-lines.js';
import type { ManagerName } from './hook-manager.js';
import { withBlock, withoutBlocks } from './marked-block.js';
import { SHARED_PROGRAM } from './place.js';

/** The package, which is loaded when it is needed. */
type Yaml = typeof import('../packages/yaml.js');

/** A place in a text for lines of ours, and how far they are indented. */
interface Gap {
  readonly at: number | 'end';
  readonly indent: string;
  /** The lines, without indentation. */
  readonly lines: readonly string[];
}

/**
 * The text with our entries; null where they cannot be put in without changing something else, for whoever edits it to see
 * ({@link entryLines}). A text of TOML or JSON is none.
 */
export async function withEntries(text: string, manager: ManagerName): Promise<string | null> {
  const yaml = await import('../packages/yaml.js');
  const { isMap, parseDocument } = yaml;
  const bare = withoutBlocks(text);
  const before = parseDocument(bare);
  if (before.errors.length > 0 || !(before.contents === null || isMap(before.contents))) return null;
  if (isMap(before.contents) && before.contents.flow) return null;
  const gaps =
    manager === 'lefthook'
      ? HOOKS.map((hook) => lefthookGap(before, bare, { hook, yaml }))
      : [preCommitGap(before, bare, yaml)];
  const found = gaps.flatMap((gap) => gap ?? []);
  if (found.length < gaps.length) return null;
  const edited = fill(bare, found);
  return meansTheSame(bare, edited, yaml) ? edited : null;
}

/** What is to be put into a file by hand. */
export function entryLines(manager: ManagerName): string[] {
  if (manager === 'pre-commit') return ['repos:', ...PRE_COMMIT_ENTRY.map((line) => `  ${line}`)];
  return HOOKS.flatMap((hook) => [`${hook}:`, '  commands:', ...lefthookEntry(hook).map((line) => `    ${line}`)]);
}

const KEY = 'sops-ts';

function lefthookEntry(hook: HookName): string[] {
  return [
    `${KEY}:`,
    `  run: ${SHARED_PROGRAM} ${hookCommand(hook)}${hook === 'pre-push' ? ' {0}' : ''}`,
    ...(hook === 'pre-push' ? ['  use_stdin: true'] : []),
    `  fail_text: ${JSON.stringify(stoppedText(hook))}`,
  ];
}

const PRE_COMMIT_ENTRY = [
  '- repo: local',
  '  hooks:',
  `    - id: ${KEY}-check`,
  '      name: sops-ts check',
  `      entry: ${SHARED_PROGRAM} ${hookCommand('pre-commit')}`,
  '      language: system',
  '      pass_filenames: false',
  '      always_run: true',
  '      require_serial: true',
  '      stages: [pre-commit, pre-merge-commit]',
  `    - id: ${KEY}-pre-push`,
  '      name: sops-ts git pre-push',
  `      entry: ${SHARED_PROGRAM} ${hookCommand('pre-push')}`,
  '      language: system',
  '      pass_filenames: false',
  '      always_run: true',
  '      require_serial: true',
  '      stages: [pre-push]',
];

/** Before the first entry of what is there already, or a section of our own at the end; null where the text is laid out otherwise. */
function lefthookGap(
  document: Document,
  text: string,
  { hook, yaml }: { readonly hook: HookName; readonly yaml: Yaml },
): Gap | null {
  const { isMap, isSeq } = yaml;
  const section = document.get(hook, true);
  if (section === undefined) {
    const lines = [`${hook}:`, '  commands:', ...lefthookEntry(hook).map((line) => `    ${line}`)];
    return { at: 'end', indent: '', lines };
  }
  if (!isMap(section)) return null;
  const jobs = section.get('jobs', true);
  if (isSeq(jobs)) {
    const [first = '', ...others] = lefthookEntry(hook);
    return before(jobs.items[0] as Node | undefined, text, [`- name: ${first.slice(0, -1)}`, ...others]);
  }
  const commands = section.get('commands', true);
  if (isMap(commands)) return before(firstKey(commands), text, lefthookEntry(hook));
  if (section.has('commands') || section.has('jobs')) return null;
  return before(firstKey(section), text, ['commands:', ...lefthookEntry(hook).map((line) => `  ${line}`)]);
}

function preCommitGap(document: Document, text: string, { isSeq }: Yaml): Gap | null {
  const repos = document.get('repos', true);
  if (repos === undefined) return { at: 'end', indent: '', lines: entryLines('pre-commit') };
  return isSeq(repos) ? before(repos.items[0] as Node | undefined, text, PRE_COMMIT_ENTRY) : null;
}

function firstKey(map: YAMLMap): Node | undefined {
  return map.items[0]?.key as Node | undefined;
}

/** The gap at the beginning of the line on which an entry begins, if nothing stands before it there but its own dash. */
function before(entry: Node | undefined, text: string, lines: readonly string[]): Gap | null {
  const start = entry?.range?.[0];
  if (start === undefined) return null;
  const at = text.lastIndexOf('\n', start - 1) + 1;
  const indent = /^[ ]*(?=(?:- +)?$)/.exec(text.slice(at, start))?.[0];
  return indent === undefined ? null : { at, indent, lines };
}

/** From the end, so that places before stay where they are; sections at the end share one block. */
function fill(text: string, gaps: readonly Gap[]): string {
  const atEnd = gaps.filter(({ at }) => at === 'end').flatMap(({ lines }) => lines);
  let filled = atEnd.length > 0 ? withBlock(text, atEnd, { at: 'end' }) : text;
  const within = gaps.flatMap(({ at, ...gap }) => (at === 'end' ? [] : [{ at, ...gap }]));
  for (const { at, indent, lines } of within.sort((one, other) => other.at - one.at)) {
    filled = withBlock(filled, lines, { at, indent, isFurther: true });
  }
  return filled;
}

/** Whether our entries are all that the new text has more. */
function meansTheSame(before: string, after: string, { parseDocument }: Yaml): boolean {
  const [old, edited] = [parseDocument(before), parseDocument(after)];
  return (
    edited.errors.length === 0 && isDeepStrictEqual(withoutOurs(old.toJS()) ?? null, withoutOurs(edited.toJS()) ?? null)
  );
}

/** A value without our entries, and without what holds nothing but them. */
function withoutOurs(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => !isOurs(item)).map(withoutOurs);
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const left = key === KEY ? undefined : withoutOurs(item);
    return left === undefined ? [] : [[key, left]];
  });
  return kept.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(kept);
}

function isOurs(item: unknown): boolean {
  const { name, id, repo, hooks } = (item ?? {}) as { name?: unknown; id?: unknown; repo?: unknown; hooks?: unknown };
  if (repo === 'local' && Array.isArray(hooks)) return hooks.every(isOurs);
  return name === KEY || (typeof id === 'string' && id.startsWith(`${KEY}-`));
}
