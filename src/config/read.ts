/** Reads a `.sops.yaml` that was found: the file, its YAML, its typed form. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { type Branch, branch } from '../tree/tree.js';
import { decodeText, encodeText } from '../util/text.js';
import { UNREADABLE } from './decode.js';
import type { Config } from './model.js';
import { parseConfig } from './parse.js';

/** Where a configuration is: `absolute` to open it, `path` as the user is to see it. */
export interface ConfigPlace {
  readonly absolute: string;
  readonly path: string;
}

/** Reads a configuration. Throws `config` when it cannot be read or understood. */
export async function readConfig({ absolute, path }: ConfigPlace): Promise<Config> {
  const text = firstDocument(decodeText(readBytes(absolute, path)));
  const document = isBlank(text) ? branch() : await parseDocument(text, path);
  return parseConfig({ document, text, path, folder: dirname(absolute) });
}

function readBytes(absolute: string, path: string): Buffer {
  try {
    return readFileSync(absolute);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    const reason = (code && READ_FAILURES.get(code)) ?? code;
    throw new SopsError('config', `could not read config file: ${syscall} ${path}: ${reason}`, { cause });
  }
}

/** The reasons as SOPS words them; any other shows its code. */
const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'permission denied'],
  ['ENOTDIR', 'not a directory'],
]);

async function parseDocument(text: string, path: string): Promise<Branch> {
  const store = await formatNamed('yaml').load();
  try {
    return store.parse(encodeText(text)).documents[0] ?? branch();
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    throw new SopsError('config', `${UNREADABLE}${cause.message}`, { file: path, cause });
  }
}

/** The text up to where a second YAML document begins; SOPS never reads on (YAML 1.2 section 9.1: markers stand at column 0). */
export function firstDocument(text: string): string {
  let begun = false;
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('\n', at) + 1 || text.length;
    const line = text.slice(at, next);
    const marker = /^(?:---|\.\.\.)(?=\s|$)/.exec(line)?.[0];
    if (begun && marker !== undefined) return text.slice(0, at);
    if (marker === '---' || !(isBlank(line) || line.startsWith('%'))) begun = true;
    at = next;
  }
  return text;
}

/** Whether a text holds nothing but blanks and comments. */
export function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|$)/.test(line));
}
