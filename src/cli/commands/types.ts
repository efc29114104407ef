/** `types`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import {
  changedNames,
  type TypesRequest,
  typesIn,
  typesOfFiles,
  writeTypes,
} from '../../operations/explain/file-types.js';
import { printable } from '../output/report.js';
import { print, say } from '../terminal/streams.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { formatOf } from './document-flags.js';
import { configFlag, generalFlags } from './shared-flags.js';

const OUTDATED = 1;
const FORMATS = ['ts', 'json-schema'] as const;
const INTEGERS = ['safe', 'bigint', 'mixed'] as const;

const flags = {
  output: variant(PROGRAM.output, { value: 'FILE', help: 'write into this file', offers: 'files' }, { short: 'o' }),
  format: flag.text('format', {
    value: 'ts|json-schema',
    help: 'TypeScript, the default, or a JSON Schema',
    offers: FORMATS,
  }),
  name: flag.text('name', { value: 'N', help: 'what the type is called; by default as the file' }),
  check: flag.yesNo(
    'check',
    'write nothing; exit with 1 and the names that differ if the output file holds other types',
  ),
  integers: flag.text('integers', {
    value: 'safe|bigint|mixed',
    help: 'as decryptFile of the library gives them',
    offers: INTEGERS,
  }),
  literals: flag.yesNo('literals', 'type values in clear by what they are, not by what they may be'),
  inputType: PROGRAM.inputType,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const typesCommand = command({
  name: 'types',
  task: 'programs',
  summary: 'write types for the values of encrypted files; no key is needed',
  operands: 'file...',
  examples: ['sops-ts types secrets.yaml -o secrets.d.ts', 'sops-ts types --check secrets.yaml -o secrets.d.ts'],
  file: 'lone-operand',
  flags,
  async run(given, { operands, host, streams }) {
    if (operands.length === 0) throw new SopsError('no-file', 'Error: no file specified');
    const { output } = given;
    if (given.check && output === undefined)
      throw new UsageError('--check needs the file to look at: -o FILE', 'types');
    const request = requestOf(given, operands, formatOf(given.inputType, 'input-type', host));
    const text = await typesOfFiles(request, host);
    if (output === undefined) {
      await print(streams, text);
      return 0;
    }
    if (!given.check) {
      await writeTypes(output, text, request, host);
      return 0;
    }
    const old = typesIn(output, host);
    if (old === text) return 0;
    say(streams.stderr, `${printable(output)} ${old === undefined ? 'is not there' : 'is out of date'}\n`);
    await print(
      streams,
      changedNames(old ?? '', text)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return OUTDATED;
  },
});

function requestOf(given: Flags, files: readonly string[], inputType: TypesRequest['inputType']): TypesRequest {
  const { name, literals } = given;
  return {
    files,
    inputType,
    format: wordOf('format', given.format, FORMATS),
    name,
    integers: wordOf('integers', given.integers, INTEGERS),
    literals,
  };
}

/** One of some words, the first one by default. */
function wordOf<Word extends string>(
  flagName: string,
  given: string | undefined,
  words: readonly [Word, ...Word[]],
): Word {
  if (given === undefined) return words[0];
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new UsageError(`--${flagName} must be one of ${words.join(', ')}`, 'types');
}
