/** `encrypt`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import type { UpdateRequest } from '../../operations/write/update.js';
import { readStandardInput } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { type Context, command } from './command.js';
import { isForSeveral, keyServiceChoice, typesOf } from './document-flags.js';
import { asSopsFlag, encryptRequest } from './encryption-flags.js';
import { configFlag, generalFlags, keyServiceFlags, printingFlags, resultFlags, severalFlags } from './shared-flags.js';

const flags = {
  ...printingFlags,
  ...severalFlags,
  ...resultFlags,
  update: flag.yesNo('update', 'encrypt standard input into an existing file, keeping the unchanged'),
  asSops: asSopsFlag,
  shamirThreshold: PROGRAM.shamirThreshold,
  ...keyServiceFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const encrypt = command({
  name: 'encrypt',
  task: 'files',
  summary: 'encrypt a file, or standard input with --filename-override',
  operands: '[file] | -i file...',
  examples: [
    'sops-ts encrypt -i secrets.yaml more',
    "sops-ts encrypt --age $RECIPIENT --encrypted-regex '^(data|stringData)$' secret.yaml > secret.enc.yaml",
  ],
  oldForm: PROGRAM.encrypt,
  operandRule: 'first',
  takesSeveral: true,
  file: 'operand',
  writesInPlace: ['inPlace', 'update'],
  flags,
  async run(given, context) {
    return isForSeveral(given, context) ? encryptMany(given, context) : encryptOne(given, context);
  },
});

async function encryptMany(given: Flags, context: Context): Promise<number> {
  if (given.update) throw new SopsError('conflict', 'Error: --update is for one file', { file: '' });
  const { workOnMany } = await import('../many/files.js');
  return workOnMany(given, context, {
    name: 'encrypt',
    done: 'encrypted',
    kind: 'wanted',
    makes: 'ciphertext',
    run: (one, output) => encryptFile({ ...encryptRequest(given, one), output }, one.host),
  });
}

async function encryptOne(given: Flags, context: Context): Promise<number> {
  const { host } = context;
  const { warnings } = given.update
    ? await (await import('../../operations/write/update.js')).updateFile(updateRequest(given, context), host)
    : await encryptFile(encryptRequest(given, context), host);
  for (const warning of warnings) host.warn(warning);
  return 0;
}

/** What `--update` asks for: recipients and rules are the file's own. Throws `conflict`, `no-file` and `usage`. */
function updateRequest(given: Flags, { operands, streams, host }: Context): UpdateRequest {
  const [path] = operands;
  if (path === undefined) {
    throw new SopsError('no-file', 'Error: no file specified', {
      hint: 'Write: sops-ts encrypt --update FILE < PLAINTEXT',
    });
  }
  if (given.output !== undefined) {
    throw new SopsError('conflict', 'Error: cannot use both --output and --update, which writes to its file');
  }
  return {
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    plaintext: { kind: 'stdin', read: () => readStandardInput(streams, 'the plaintext') },
    decryptionOrder: undefined,
    ...typesOf(given, host),
    filenameOverride: given.filenameOverride,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    indent: given.indent,
  };
}
