/** A file on its way through the check: its bytes, its place, and the rules in force there. */
import type { LineIndex } from '../../util/text/line-index.js';
import type { PlainReader } from './plain-reader.js';
import type { RuleBook } from './rule-book.js';

export interface ExaminedFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  /** As the user sees it, for commands that are proposed. */
  readonly shown: string;
  /** Where it stands, or would. */
  readonly absolute: string;
  readonly bytes: Buffer;
  readonly readPlain: PlainReader;
  /** The rules for its folder; null where there is no configuration. */
  readonly book: RuleBook | null;
}

/** A number of line, where an offset is known. */
export function lineOf(index: LineIndex, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : index.lineAt(offset);
}

/** Where the metadata begin in each format. */
const OPENING = /^(?:["']?sops["']?:|\[\[?sops[\].]|sops_)|"sops"\s*:/m;

/** The line in which they do. */
export function metadataLine(text: string, lines: LineIndex): number | undefined {
  const at = text.search(OPENING);
  return at < 0 ? undefined : lines.lineAt(at);
}

/** How a file comes into the work tree that a sparse checkout leaves out, as users see it. */
export function bringingBack(shown: string): string {
  const at = shown.replaceAll('\\', '/').lastIndexOf('/');
  return `A sparse checkout leaves it out: git sparse-checkout add ${shellWord(at < 0 ? shown : shown.slice(0, at))}`;
}

/** A path as a word of a command line that can be copied. */
export function shellWord(path: string): string {
  if (/^[\w./@%+=:,-]+$/.test(path) && !path.startsWith('-')) return path;
  const safe = path.startsWith('-') ? `./${path}` : path;
  return `'${safe.replaceAll("'", "'\\''")}'`;
}
