/** Reads a `.sops.yaml` that was found: the file, its YAML, its typed form. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { decodeText } from '../util/text.js';
import { UNREADABLE } from './decode.js';
import { type ConfigDocument, readConfigDocument } from './document.js';
import type { Config } from './model.js';
import { parseConfig } from './parse.js';

/** Where a configuration is: `absolute` to open it, `path` as the user is to see it. */
export interface ConfigPlace {
  readonly absolute: string;
  readonly path: string;
}

/** Reads a configuration. Throws `config` when it cannot be read or understood. */
export async function readConfig({ absolute, path }: ConfigPlace): Promise<Config> {
  const document = parseDocument(decodeText(readBytes(absolute, path)), path);
  return parseConfig({ document, path, folder: dirname(absolute) });
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

function parseDocument(text: string, path: string): ConfigDocument {
  try {
    return readConfigDocument(text);
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    throw new SopsError('config', `${UNREADABLE}${cause.message}`, { file: path, cause });
  }
}
