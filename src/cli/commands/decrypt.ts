/** `decrypt`: from flags to the operation. */
import { decryptFile } from '../../operations/read/decrypt.js';
import type { DecryptRequest } from '../../operations/requests.js';
import type { Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { type Context, command } from './command.js';
import { inputAndOutput, isForSeveral, keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, generalFlags, openingFlags, resolvingFlags, severalFlags, typeFlags } from './shared-flags.js';

const flags = {
  inPlace: PROGRAM.inPlace,
  output: PROGRAM.output,
  ...severalFlags,
  extract: PROGRAM.extract,
  ...typeFlags,
  filenameOverride: PROGRAM.filenameOverride,
  ignoreMac: PROGRAM.ignoreMac,
  ...openingFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  ...resolvingFlags,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const decrypt = command({
  name: 'decrypt',
  task: 'files',
  summary: 'decrypt a file, or standard input',
  operands: '[file...]',
  examples: [
    'sops-ts decrypt secrets.yaml',
    'sops-ts decrypt app.yaml db.yaml | kubectl apply -f -',
    'sops-ts decrypt --extract db.password secrets.yaml',
  ],
  oldForm: PROGRAM.decrypt,
  operandRule: 'first',
  takesSeveral: true,
  file: 'operand',
  writesInPlace: ['inPlace'],
  flags,
  async run(given, context) {
    if (!isForSeveral(given, context)) return decryptOne(given, context);
    const { decryptMany } = await import('../many/decrypt.js');
    return decryptMany(given, context, (one) => decryptRequest(given, one));
  },
});

async function decryptOne(given: Flags, context: Context): Promise<number> {
  const { warnings } = await decryptFile(decryptRequest(given, context), context.host);
  for (const warning of warnings) context.host.warn(warning);
  return 0;
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
    ...(given.resolveRefs ? { refine: refiner(given, context) } : {}),
  };
}

/** Puts values in the place of references in a plaintext. */
function refiner(given: Flags, { operands }: Context): DecryptRequest['refine'] {
  return async (plaintext, printer, host) => {
    const { evaluateBytes } = await import('../../references/evaluate.js');
    const { referencesRequest } = await import('./reference-flags.js');
    return evaluateBytes(
      { bytes: plaintext, store: printer, path: operands[0] },
      { ...referencesRequest(given), configPath: given.config },
      host,
    );
  };
}
