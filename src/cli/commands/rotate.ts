/** `rotate`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { KEY_TYPES } from '../../keys/registry.js';
import { type RotateRequest, rotateFile } from '../../operations/recipients/rotate.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { type Context, command } from './command.js';
import { inputAndOutput, isForSeveral, keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, generalFlags, ignoreMacFlag, openingFlags, printingFlags, severalFlags } from './shared-flags.js';

const flags = {
  ...printingFlags,
  ...severalFlags,
  changes: PROGRAM.changes,
  encryptionContext: flag.text('encryption-context', {
    value: 'K:V,…',
    help: 'the encryption context for keys of --add-kms',
  }),
  keepUnlisted: PROGRAM.keepUnlisted,
  ...ignoreMacFlag,
  ...openingFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const rotate = command({
  name: 'rotate',
  task: 'readers',
  summary: 'give a file a new data key, and add or remove recipients',
  operands: 'file | -i file...',
  examples: ['sops-ts rotate -i secrets/*.yaml', 'sops-ts rotate -i --add-age $RECIPIENT --rm-pgp $FP secrets.yaml'],
  oldForm: PROGRAM.rotate,
  operandRule: 'first',
  takesSeveral: true,
  file: 'operand',
  writesInPlace: ['inPlace'],
  flags,
  async run(given, context) {
    return isForSeveral(given, context) ? rotateMany(given, context) : rotateOne(given, context);
  },
});

async function rotateMany(given: Flags, context: Context): Promise<number> {
  const { workOnMany } = await import('../many/files.js');
  return workOnMany(given, context, {
    name: 'rotate',
    done: 'rotated',
    kind: 'sealed',
    makes: 'ciphertext',
    run: (one, output) => rotateFile({ ...rotateRequest(given, one), output }, one.host),
  });
}

async function rotateOne(given: Flags, context: Context): Promise<number> {
  const { warnings } = await rotateFile(rotateRequest(given, context), context.host);
  for (const warning of warnings) context.host.warn(warning);
  return 0;
}

/** What the flags ask for. Throws `no-file`, `conflict` and `usage`. */
export function rotateRequest(given: Flags, context: Context): RotateRequest {
  const { operands, oldForm, host } = context;
  if (operands.length === 0) throw new SopsError('no-file', 'Error: no file specified');
  return {
    ...inputAndOutput(given, context),
    oldForm,
    addKeys: changesOf(given, 'add'),
    removeKeys: changesOf(given, 'rm'),
    encryptionContext: given.encryptionContext,
    ignoreMac: given.ignoreMac,
    keepUnlisted: given.keepUnlisted,
    decryptionOrder: given.decryptionOrder,
    ...typesOf(given, host),
    filenameOverride: given.filenameOverride,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    indent: given.indent,
  };
}

/** The recipients of the `--add-…` or `--rm-…` flags, by type. */
function changesOf({ changes }: Flags, change: 'add' | 'rm'): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of KEY_TYPES) {
    const text = changes.get(`${change}-${row.flag}`);
    if (text !== undefined) found.set(row.type, text);
  }
  return found;
}
