/** Reads a `.sops.yaml` that was found: the file, its YAML, its typed form. */
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { closeQuietly } from '../util/files/files.js';
import { fstatSync, openSync, readFileSync, type Stats, statSync } from '../util/files/fs.js';
import { pipeBytes } from '../util/files/pipe-bytes.js';
import type { Host, Session } from '../util/host/host.js';
import { checkWriters } from './config-safety.js';
import { configText } from './config-text.js';
import { UNREADABLE } from './decode.js';
import { type ConfigDocument, readConfigDocument } from './document.js';
import type { Config, Rules } from './model.js';
import { parseConfig } from './parse.js';

/** Where a configuration is: `absolute` to open it, `path` as the user is to see it; `isBeside` as in {@link Config}. */
export interface ConfigPlace {
  readonly absolute: string;
  readonly path: string;
  readonly isBeside: boolean;
  /** Whether it is read whoever can write it, to be shown and not used. */
  readonly evenUnsafe?: boolean | undefined;
}

/**
 * Reads a configuration; if it holds what it held before, it is the one that was read then. Throws `config` when it cannot be read or
 * understood, and when others can write it.
 */
export async function readConfig(place: ConfigPlace, host: Session, before?: Config): Promise<Config> {
  const { absolute, path, isBeside, evenUnsafe } = place;
  const { bytes, stats } = await readOpen(absolute, path, host);
  const file = { absolute, bytes };
  if (!evenUnsafe) await checkWriters({ file, path, stats }, host);
  if (before?.file && bytes.equals(before.file.bytes) && before.recipientsFiles.length === 0) return before;
  const rules = rulesOf(bytes, { absolute, path });
  // Whoever can write such a file decides who reads the user's secrets, too.
  if (!evenUnsafe) for (const one of rules.recipientsFiles) await checkWriters({ ...one, file: one }, host);
  return { ...rules, file: { absolute, bytes: whole(bytes, rules) }, isBeside };
}

/** A configuration by its bytes, which stand, or would stand, at a place. Throws `config` when they cannot be understood. */
export function configOfBytes(bytes: Uint8Array, place: Pick<ConfigPlace, 'absolute' | 'path'>): Config {
  const rules = rulesOf(bytes, place);
  return { ...rules, file: { absolute: place.absolute, bytes: whole(bytes, rules) }, isBeside: false };
}

function rulesOf(bytes: Uint8Array, { absolute, path }: Pick<ConfigPlace, 'absolute' | 'path'>): Rules {
  return parseConfig({ document: parseDocument(bytes, path), path, folder: dirname(absolute) });
}

/** What the rules come from: the files of recipients, too, so that trust is in them as they are. */
function whole(bytes: Uint8Array, { recipientsFiles }: Rules): Uint8Array {
  return recipientsFiles.length === 0 ? bytes : Buffer.concat([bytes, ...recipientsFiles.map((one) => one.bytes)]);
}

async function readOpen(absolute: string, path: string, host: Host): Promise<{ bytes: Buffer; stats: Stats }> {
  let descriptor: number | undefined;
  try {
    const piped = await pipeBytes(absolute, host);
    if (piped) return { bytes: piped, stats: statSync(absolute) };
    descriptor = openSync(absolute, 'r');
    return { bytes: readFileSync(descriptor), stats: fstatSync(descriptor) };
  } catch (cause) {
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

function parseDocument(bytes: Uint8Array, path: string): ConfigDocument {
  try {
    return readConfigDocument(configText(bytes));
  } catch (cause) {
    if (!(cause instanceof SopsError)) throw cause;
    throw new SopsError('config', `${UNREADABLE}${cause.message}`, { file: path, cause });
  }
}
