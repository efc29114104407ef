/** What stands in a `.env` file, written as the plaintext of a file of SOPS: for `env` and `dotenvx`. */

import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import { branch, type Comment, comment, type Item, item, itemOf, leaf } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { EnvEntry, EnvLine } from './env-lines.js';
import type { OpenedImport } from './source.js';

/** The part of an {@link OpenedImport} that follows from the lines. */
export type EnvContent = Required<Pick<OpenedImport, 'plaintext' | 'count' | 'verify'>> & {
  readonly warnings: string[];
};

/**
 * The lines as plaintext of the store's format: comments stand above what they stood beside, of a name that occurs several times the last
 * one stays, as programs read it. Throws `output-format` for what the format cannot hold.
 */
export function envContent(all: readonly EnvLine[], store: FormatStore): EnvContent {
  const { lines, repeated } = withoutRepeated(all);
  const entries = lines.filter((line) => line.kind === 'entry');
  if (entries.length === 0) throw new SopsError('document-invalid', 'the file holds no variable');
  const text = textOf(lines, store);
  const warnings = doubts(entries);
  if (repeated.length > 0) {
    warnings.push(`of names that occur several times the last value was taken, as programs do: ${briefList(repeated)}`);
  }
  return {
    plaintext: Buffer.from(text),
    count: entries.length,
    warnings,
    verify: (read) => checkRead(entries, read),
  };
}

/** Names in a warning, and how many there are more. */
export function briefList(names: readonly string[]): string {
  const told = names.slice(0, MOST_TOLD);
  return told.join(', ') + (names.length > told.length ? `, and ${names.length - told.length} more` : '');
}
const MOST_TOLD = 8;

function withoutRepeated(all: readonly EnvLine[]): { lines: EnvLine[]; repeated: string[] } {
  const last = new Map(all.map((line, at) => [line.kind === 'entry' ? line.name : at, at]));
  const lines = all.filter((line, at) => line.kind !== 'entry' || last.get(line.name) === at);
  const gone = all.filter((line, at) => line.kind === 'entry' && last.get(line.name) !== at) as EnvEntry[];
  return { lines, repeated: [...new Set(gone.map(({ name }) => name))] };
}

/** As the format prints them; where it has comments, empty lines stay, too. */
function textOf(lines: readonly EnvLine[], store: FormatStore): string {
  const { whole, comments } = formatNamed(store.name);
  if (whole) {
    throw new SopsError('output-format', 'the name of the target tells no format for variables', {
      hint: 'End it with .env, .yaml or .json.',
    });
  }
  const paragraphs = comments ? paragraphsOf(lines) : [lines];
  return paragraphs.map((paragraph) => store.emit([branch(paragraph.flatMap(nodesOf))], null)).join('\n');
}

/** What empty lines part; what has no variable goes with the next one, or there would be nothing to print. */
function paragraphsOf(lines: readonly EnvLine[]): EnvLine[][] {
  const paragraphs: EnvLine[][] = [[]];
  for (const line of lines) {
    const last = paragraphs.at(-1) ?? [];
    if (line.kind !== 'blank') last.push(line);
    else if (last.some(({ kind }) => kind === 'entry')) paragraphs.push([]);
  }
  const [end = [], before] = [paragraphs.at(-1), paragraphs.at(-2)];
  if (!before || end.some(({ kind }) => kind === 'entry')) return paragraphs;
  append(before, end);
  return paragraphs.slice(0, -1);
}

function nodesOf(line: EnvLine): (Item | Comment)[] {
  if (line.kind === 'blank') return [];
  if (line.kind === 'comment') return [comment(line.text)];
  const above = line.comment === undefined ? [] : [comment(line.comment)];
  return [...above, item(line.name, leaf(line.value))];
}

function doubts(entries: readonly EnvEntry[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, doubt } of entries) {
    if (doubt !== undefined) byReason.set(doubt, [...(byReason.get(doubt) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `${reason}: ${briefList(names)}`);
}

function checkRead(entries: readonly EnvEntry[], { documents, metadata }: SourceFile): void {
  const [root] = documents;
  const count = root?.items.filter(({ kind }) => kind === 'item').length;
  const wrong = entries.filter(({ name, value }) => {
    const read = root && itemOf(root, name)?.value;
    return read?.kind !== 'leaf' || read.value !== value;
  });
  if (wrong.length === 0 && count === entries.length && metadata === null) return;
  const names = wrong.length === 0 ? 'there are more or fewer values' : briefList(wrong.map(({ name }) => name));
  throw new SopsError('not-readable-back', `the target would not hold what was read: ${names}`, {
    hint: 'Dotenv of SOPS has no escapes, and reads a backslash before "n" as a line break. Write another format: --output FILE.enc.yaml or FILE.enc.json; exec-env reads these as well.',
  });
}
