/** Reading what an operation works on, and finding the formats its names stand for. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SopsError } from '../errors.js';
import { formatNamed, formatOfName } from '../formats/registry.js';
import type { FormatName, FormatStore } from '../formats/store.js';
import { systemCode, systemReason } from '../util/files.js';
import type { Host } from '../util/host.js';
import { oneLine } from '../util/one-line.js';
import type { Input } from './requests.js';

/** What names a file's formats: the flags, else the name given, else the path. */
export interface FormatChoice {
  readonly input: Input;
  readonly inputType?: FormatName | undefined;
  readonly outputType?: FormatName | undefined;
  readonly filenameOverride?: string | undefined;
}

/** The stores for reading and printing; standard input without a name is binary (spec command-line.md 1.10, 1.12). */
export async function storesOf(choice: FormatChoice): Promise<{ reader: FormatStore; printer: FormatStore }> {
  const name = nameOf(choice) ?? '';
  const byName = formatOfName(name);
  const reader = await (choice.inputType ? formatNamed(choice.inputType) : byName).load();
  const printer = await (choice.outputType ? formatNamed(choice.outputType) : byName).load();
  return { reader, printer };
}

/** The name a file goes by, undefined for standard input without one. */
export function nameOf({ input, filenameOverride }: FormatChoice): string | undefined {
  return filenameOverride || (input.kind === 'file' ? input.path : undefined);
}

/** Refuses a file that is not there (exit 100, before anything else is looked at). */
export async function checkExists(input: Input, host: Host): Promise<void> {
  if (input.kind === 'stdin') return;
  try {
    statSync(resolve(host.cwd, input.path));
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') return;
    const path = JSON.stringify(resolve(host.cwd, input.path));
    throw new SopsError('no-file', `cannot operate on non-existent file ${path}`, { cause });
  }
}

/** The same input, for whoever may have to read it again: standard input can be read once. */
export function rereadable(input: Input): Input {
  if (input.kind !== 'stdin') return input;
  let bytes: Promise<Uint8Array> | undefined;
  return {
    kind: 'stdin',
    read() {
      bytes ??= input.read();
      return bytes;
    },
  };
}

/** The bytes of the input, read at once: waiting for the thread pool costs a small file more than reading it. Throws `input-unreadable`. */
export async function readInput(input: Input, host: Host): Promise<Uint8Array> {
  try {
    return input.kind === 'stdin' ? await input.read() : readFileSync(resolve(host.cwd, input.path));
  } catch (cause) {
    const source = input.kind === 'stdin' ? 'Error reading from stdin' : 'Error reading file';
    const name = input.kind === 'stdin' ? '' : `${oneLine(input.path)}: `;
    throw new SopsError('input-unreadable', `${source}: ${name}${systemReason(cause)}`, { cause });
  }
}
