/** Files of recipients that a configuration names: one recipient a line, as `age -R` reads them (docs/configuration.md#age_recipients_file). */
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files/files.js';
import { readFileSync, type Stats, statSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import { decodeText } from '../util/text/text.js';

/** A file of recipients that was read. */
export interface RecipientsFile {
  readonly absolute: string;
  /** As the configuration names it. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly stats: Stats;
  readonly texts: readonly string[];
}

/** Nobody has so many colleagues; a file that is larger is another one. */
const MOST_BYTES = 1 << 20;

/**
 * Reads a file of recipients, which is named relative to the configuration's folder; a line that does not fit `line` is left out. Throws
 * `config` when it cannot be read or holds anything else, of which nothing is shown: whoever wrote the configuration may have named a file that
 * is not theirs to read.
 */
export function readRecipientsFile(path: string, folder: string, line: RegExp): RecipientsFile {
  const absolute = resolve(folder, path);
  const { bytes, stats } = readSmallFile(absolute, path);
  const texts: string[] = [];
  for (const [at, whole] of decodeText(bytes).split('\n').entries()) {
    const text = whole.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text)) throw flaw(path, `line ${at + 1} is a private key`);
    if (!line.test(text)) throw flaw(path, `line ${at + 1} is not a recipient`);
    texts.push(withoutComma(text));
  }
  if (texts.length === 0) throw flaw(path, 'it names nobody');
  return { absolute, path, bytes, stats, texts };
}

function readSmallFile(absolute: string, path: string): { bytes: Uint8Array; stats: Stats } {
  try {
    // Looked at first, since opening a pipe may wait for ever.
    const stats = statSync(absolute);
    if (stats.isFile() && stats.size <= MOST_BYTES) return { stats, bytes: readFileSync(absolute) };
  } catch (cause) {
    throw flaw(path, systemReason(cause), cause);
  }
  throw flaw(path, 'it is not a small file');
}

/** Lists of recipients are separated by commas; after an SSH key a comment may have one. */
function withoutComma(text: string): string {
  return text.includes(',') ? text.split(/\s+/).slice(0, 2).join(' ') : text;
}

function flaw(path: string, reason: string, cause?: unknown): SopsError {
  return new SopsError('config', `the file of recipients ${path} cannot be used: ${reason}`, {
    hint: `It is looked for in the folder of the configuration. It holds one recipient a line, and comments with #.`,
    ...(cause === undefined ? {} : { cause }),
  });
}
