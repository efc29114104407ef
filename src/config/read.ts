/** Reads a `.sops.yaml` that was found: the file, its YAML, its typed form. */

import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { closeQuietly } from '../util/files.js';
import { fstatSync, openSync, readFileSync } from '../util/fs.js';
import type { Host } from '../util/host.js';
import { decodeText } from '../util/text.js';
import { UNREADABLE } from './decode.js';
import { type ConfigDocument, readConfigDocument } from './document.js';
import type { Config } from './model.js';
import { parseConfig } from './parse.js';
import { checkWriters } from './safety.js';

/** Where a configuration is: `absolute` to open it, `path` as the user is to see it. */
export interface ConfigPlace {
  readonly absolute: string;
  readonly path: string;
}

/** Reads a configuration. Throws `config` when it cannot be read or understood, and when others can write it. */
export async function readConfig({ absolute, path }: ConfigPlace, host: Host): Promise<Config> {
  const document = parseDocument(decodeText(readBytes(absolute, path, host)), path);
  return parseConfig({ document, path, folder: dirname(absolute) });
}

function readBytes(absolute: string, path: string, host: Host): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(absolute, 'r');
    const bytes = readFileSync(descriptor);
    checkWriters(absolute, path, fstatSync(descriptor), host);
    return bytes;
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    const { code, syscall } = cause as NodeJS.ErrnoException;
    const reason = (code && READ_FAILURES.get(code)) ?? code;
    throw new SopsError('config', `could not read config file: ${syscall} ${path}: ${reason}`, { cause });
  } finally {
    if (descriptor !== undefined) closeQuietly(descriptor);
  }
}

/** The reasons as SOPS words them; any other shows its code. */
const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'permission denied'],
  ['ENOTDIR', 'not a directory'],
]);

function parseDocument(text: string, path: string): ConfigDocument {
  try {
    return readConfigDocument(text);
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    throw new SopsError('config', `${UNREADABLE}${cause.message}`, { file: path, cause });
  }
}
