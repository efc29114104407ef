/** `decrypt`: from flags to the operation. */
import { decryptFile } from '../../operations/read/decrypt.js';
import type { DecryptRequest } from '../../operations/requests.js';
import type { Values } from '../flag.js';
import { PROGRAM } from '../program-flags.js';
import { type Context, command } from './command.js';
import { inputAndOutput, keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, generalFlags, openingFlags, typeFlags } from './shared-flags.js';

const flags = {
  inPlace: PROGRAM.inPlace,
  output: PROGRAM.output,
  extract: PROGRAM.extract,
  ...typeFlags,
  filenameOverride: PROGRAM.filenameOverride,
  ignoreMac: PROGRAM.ignoreMac,
  ...openingFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const decrypt = command({
  name: 'decrypt',
  task: 'files',
  summary: 'decrypt a file, or standard input',
  operands: '[file] | -i file...',
  examples: ['sops-ts decrypt secrets.yaml', 'sops-ts decrypt --extract db.password secrets.yaml'],
  oldForm: PROGRAM.decrypt,
  operandRule: 'first',
  severalInPlace: true,
  file: 'operand',
  writesInPlace: ['inPlace'],
  flags,
  async run(given, context) {
    if (context.operands.length > 1 && given.inPlace) return decryptEach(given, context);
    return decryptOne(given, context);
  },
});

async function decryptOne(given: Flags, context: Context): Promise<number> {
  const { warnings } = await decryptFile(decryptRequest(given, context), context.host);
  for (const warning of warnings) context.host.warn(warning);
  return 0;
}

/** Loaded only when there are several. */
async function decryptEach(given: Flags, context: Context): Promise<number> {
  const { forEachFile } = await import('./several-files.js');
  return forEachFile(given, context, (one) => decryptOne(given, one));
}

/** What the flags ask for. Throws `conflict` and `usage`. */
function decryptRequest(given: Flags, context: Context): DecryptRequest {
  return {
    ...inputAndOutput(given, context),
    ignoreMac: given.ignoreMac,
    ...typesOf(given, context.host),
    filenameOverride: given.filenameOverride,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    extract: given.extract,
    decryptionOrder: given.decryptionOrder,
    indent: given.indent,
  };
}
