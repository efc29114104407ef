/** The flags that commands printing a document share: where it comes from, where it goes, and its formats. */

import { resolve } from 'node:path';
import { warnOnce } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import { FORMATS } from '../../formats/registry.js';
import type { FormatName } from '../../formats/store.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import type { Input, Output } from '../../operations/requests.js';
import { existsSync } from '../../util/fs.js';
import type { FlagValues } from '../flag-values.js';
import { print, readStandardInput } from '../streams.js';
import type { Invocation } from './command.js';

/** The input and output of a command with `--in-place` and `--output`. Throws `conflict` for what excludes each other. */
export function inputAndOutput({ values, operands, host, streams }: Invocation): { input: Input; output: Output } {
  const inPlace = values.isOn('in-place');
  const outputPath = values.text('output');
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
export function formatFlag(
  { values, host }: Pick<Invocation, 'values' | 'host'>,
  flag: 'input-type' | 'output-type',
): FormatName | undefined {
  const word = values.text(flag);
  if (word === undefined) return undefined;
  const name = word.toLowerCase();
  const row = FORMATS.find((format) => format.name === name || format.endings.includes(`.${name}`));
  if (row && (row.name === word || !host.calledAsSops)) return row.name;
  const names = FORMATS.map((format) => format.name).join(', ');
  const problem = `${JSON.stringify(word)} is no format for --${flag}${row ? ' to sops' : ''}`;
  warnOnce(host, `${problem}, so the name of the file decides, as in sops; the formats are ${names}`);
  return undefined;
}

/** Which key services are to be asked. */
export function keyServiceFlags(values: FlagValues): KeyServiceChoice {
  return { enableLocal: values.isOn('enable-local-keyservice'), uris: values.list('keyservice') };
}

/** No operand is standard input, and so is `-`, unless a file is called that (SOPS knows only the file). */
function inputOf(operand: string | undefined, cwd: string, read: () => Promise<Uint8Array>): Input {
  if (operand === undefined || (operand === '-' && !existsSync(resolve(cwd, '-')))) return { kind: 'stdin', read };
  return { kind: 'file', path: operand };
}
