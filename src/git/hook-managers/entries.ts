/** Our entries in the settings of hook managers, put into their text so that comments and layout stay. */
import { isDeepStrictEqual } from 'node:util';
import { withBlock, withoutBlocks } from '../marked-block.js';
import type { Gap, Yaml } from './gap.js';
import { ENTRY_NAME, type HookEntries } from './manager.js';

/**
 * The text with our entries; null where they cannot be put in without changing something else, for whoever edits it to see
 * ({@link HookEntries.lines}), and for TOML and JSON.
 */
export async function withEntries(text: string, entries: HookEntries): Promise<string | null> {
  const yaml = await import('../../packages/yaml.js');
  const { isMap, parseDocument } = yaml;
  const bare = withoutBlocks(text);
  const document = parseDocument(bare);
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) return null;
  if (isMap(document.contents) && document.contents.flow) return null;
  const gaps = entries.gaps(document, bare, yaml);
  const found = gaps.flatMap((gap) => gap ?? []);
  if (found.length < gaps.length) return null;
  const edited = fill(bare, found);
  return meansTheSame(bare, edited, { entries, yaml }) ? edited : null;
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
function meansTheSame(
  before: string,
  after: string,
  { entries, yaml }: { readonly entries: HookEntries; readonly yaml: Yaml },
): boolean {
  const [old, edited] = [yaml.parseDocument(before), yaml.parseDocument(after)];
  const others = (document: typeof old): unknown => withoutOurs(document.toJS(), entries) ?? null;
  return edited.errors.length === 0 && isDeepStrictEqual(others(old), others(edited));
}

/** A value without our entries, and without what holds nothing but them. */
function withoutOurs(value: unknown, entries: HookEntries): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => !entries.isOurs(item)).map((item) => withoutOurs(item, entries));
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const left = key === ENTRY_NAME ? undefined : withoutOurs(item, entries);
    return left === undefined ? [] : [[key, left]];
  });
  return kept.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(kept);
}
