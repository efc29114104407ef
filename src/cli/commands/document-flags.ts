/** What the flags of documents ask for: where one comes from, where it goes, its formats, and who opens it. */

import { warnOnce } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { FORMATS } from '../../formats/registry.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import type { Input, Output } from '../../operations/requests.js';
import { statOf, statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { print, readStandardInput } from '../terminal/streams.js';
import type { Values } from '../words/flag.js';
import type { Context } from './command.js';
import type { keyServiceFlags } from './shared-flags.js';

/** The input and output of a command with `--in-place` and `--output`. Throws `conflict` for what excludes each other. */
export function inputAndOutput(
  { inPlace = false, output: outputPath }: { readonly inPlace?: boolean; readonly output?: string | undefined },
  { operands, host, streams }: Context,
): { input: Input; output: Output } {
  if (inPlace && outputPath !== undefined) {
    throw new SopsError('conflict', 'Error: cannot operate on both --output and --in-place');
  }
  const input = inputOf(operands[0], host.cwd, () => readStandardInput(streams, 'the file'));
  if (inPlace && input.kind === 'stdin') {
    throw new SopsError('conflict', 'Error: cannot use --in-place when reading from stdin');
  }
  if (inPlace) return { input, output: { kind: 'in-place' } };
  if (outputPath !== undefined) return { input, output: { kind: 'file', path: outputPath } };
  return { input, output: { kind: 'stdout', write: (bytes) => print(streams, bytes) } };
}

/**
 * A format flag; `yml`, `env` and capitals are taken. SOPS goes by the name of the file for any word that it does not know, `yml`
 * among them, and so does this, with a warning.
 */
export function formatOf(
  word: string | undefined,
  flag: 'input-type' | 'output-type',
  host: Session,
): FormatName | undefined {
  if (word === undefined) return undefined;
  const name = word.toLowerCase();
  const row = FORMATS.find((format) => format.name === name || format.endings.includes(`.${name}`));
  if (row && (row.name === word || !host.calledAsSops)) return row.name;
  const names = FORMATS.map((format) => format.name).join(', ');
  const problem = `${JSON.stringify(word)} is not a format for --${flag}${row ? ' to sops' : ''}`;
  warnOnce(host, `${problem}, so the name of the file decides, as in sops; the formats are ${names}`);
  return undefined;
}

/** The formats that `--input-type` and `--output-type` name. */
export function typesOf(
  { inputType, outputType }: { readonly inputType?: string | undefined; readonly outputType?: string | undefined },
  host: Session,
): { readonly inputType: FormatName | undefined; readonly outputType: FormatName | undefined } {
  return {
    inputType: formatOf(inputType, 'input-type', host),
    outputType: formatOf(outputType, 'output-type', host),
  };
}

/** Which key services are to be asked. */
export function keyServiceChoice(flags: Values<typeof keyServiceFlags>): KeyServiceChoice {
  const { enableLocalKeyservice: enableLocal, keyservice: uris, noAgent: withoutAgent } = flags;
  return { enableLocal, uris, withoutAgent };
}

/** No operand is standard input, and so is `-`, unless a file is called that (SOPS knows only the file). */
export function inputOf(operand: string | undefined, cwd: string, read: () => Promise<Uint8Array>): Input {
  if (operand === undefined || (operand === '-' && !statOrThrow(resolve(cwd, '-')))) return { kind: 'stdin', read };
  return { kind: 'file', path: operand };
}

/** What makes it a matter of several files even when one is named. */
interface SeveralFlags {
  readonly outputDir: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Whether a command is to work on several files: then, and only then, what that needs is loaded (many/files.ts). Called as `sops`, and in
 * the old forms, the first file is the only one.
 */
export function isForSeveral({ outputDir, dryRun, json }: SeveralFlags, context: Context): boolean {
  if (outputDir !== undefined || dryRun || json) return true;
  const { operands, oldForm, host } = context;
  if (oldForm || host.calledAsSops) return false;
  return operands.length > 1 || mayBeSeveral(operands[0], host.cwd);
}

/** Whether a word stands for a folder, or is a pattern that the shell has left as it is. */
export function mayBeSeveral(word: string | undefined, cwd: string): boolean {
  if (!word) return false;
  const stats = statOf(resolve(cwd, word));
  return stats ? stats.isDirectory() : /[*?[\]{}]/.test(word);
}
