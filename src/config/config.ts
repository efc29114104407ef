/** The configuration of a run: finds `.sops.yaml`, reads it, and hands out its typed form. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { type Branch, branch } from '../tree/tree.js';
import type { Host } from '../util/host.js';
import { decodeText, encodeText } from '../util/text.js';
import { UNREADABLE } from './decode.js';
import { findConfig } from './find.js';
import type { Config } from './model.js';
import { parseConfig } from './parse.js';

export interface ConfigRequest {
  /** The path that `--config` names; without it `SOPS_CONFIG` counts, and without that the configuration is searched. */
  readonly configPath?: string | undefined;
  /** The file worked on, relative to the working directory or absolute; it need not exist. */
  readonly filePath?: string | undefined;
  readonly host: Host;
}

/**
 * Reads the configuration of a run, or returns null when none is named and none is found. Throws `config` when it cannot be
 * read or understood; commands that need no rule may warn and go on.
 */
export async function loadConfig({ configPath, filePath, host }: ConfigRequest): Promise<Config | null> {
  const path = configPath || host.env.SOPS_CONFIG || findConfig(host, filePath);
  if (path === null) return null;
  const absolute = resolve(host.cwd, path);
  const text = firstDocument(decodeText(await readConfig(absolute, path)));
  const document = isBlank(text) ? branch() : await parseDocument(text, path);
  return parseConfig({ document, text, path, folder: dirname(absolute) });
}

async function readConfig(absolute: string, path: string): Promise<Buffer> {
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
