/** The flags that the commands for Sealed Secrets and for secret stores share, and what they ask for. */
import type { PrivateKeyFiles } from '../../kubernetes/sealed-secrets/private-keys.js';
import type { PlainRequest } from '../../operations/read/plain-input.js';
import type { Input } from '../../operations/requests.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import type { Context } from './command.js';
import { formatOf, inputAndOutput, keyServiceChoice } from './document-flags.js';
import type { keyServiceFlags } from './shared-flags.js';
import { separateWords } from './shared-flags.js';

/** How a file that may be encrypted is read. */
export const readingFlags = {
  inputType: PROGRAM.inputType,
  filenameOverride: variant(PROGRAM.filenameOverride, { value: 'NAME', group: 'general', offers: 'files' }),
  ignoreMac: flag.yesNo('ignore-mac', { group: 'opening' }),
  decryptionOrder: variant(PROGRAM.decryptionOrder, { value: 'LIST', group: 'opening' }),
};

/** In the last paragraph of a long page. */
export const briefConfigFlag = {
  config: variant(PROGRAM.config, { value: 'FILE', group: 'general', offers: 'files' }),
};

export const privateKeyFlag = {
  privateKey: flag.list('private-key', {
    value: 'FILES',
    help: "the controller's keys: PEM, or a backup of their Secrets",
    offers: 'files',
  }),
};

export const namespaceFlag = {
  namespace: flag.text(
    'namespace',
    { value: 'NS', help: 'the namespace of the object, where it names none' },
    { short: 'n' },
  ),
};

/** How manifests are printed. */
export const formatFlag = {
  format: flag.text('format', { value: 'FORM', group: 'layout', offers: ['yaml', 'json'] }, { short: 'o' }),
};
export const sealedFormatFlag = {
  format: variant(formatFlag.format, formatFlag.format.text, { variable: 'SEALED_SECRETS_FORMAT' }),
};

const openingFlags = { config: PROGRAM.config, decryptionOrder: PROGRAM.decryptionOrder };
type Opening = Values<typeof keyServiceFlags> & Partial<Values<typeof openingFlags>>;

/** The one file that a command reads, or standard input. Throws `usage` for more. */
export function singleInput(context: Context, name: string): Input {
  const [, second] = context.operands;
  if (second !== undefined) throw new UsageError(`one file at a time, and ${JSON.stringify(second)} is another`, name);
  return inputAndOutput({}, context).input;
}

/** The files of `--private-key`, given several times or separated by commas, and what opens encrypted ones. */
export function privateKeyFiles(given: Opening & Values<typeof privateKeyFlag>): PrivateKeyFiles {
  return { paths: separateWords(given.privateKey), ...openingOf(given) };
}

function openingOf(given: Opening): Pick<PlainRequest, 'configPath' | 'keyServices' | 'decryptionOrder'> {
  return {
    decryptionOrder: given.decryptionOrder,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
  };
}

/** How a file that may be encrypted is read. */
export function readingOf(
  given: Opening & Values<typeof readingFlags>,
  { host }: Context,
): Omit<PlainRequest, 'input'> {
  return {
    ...openingOf(given),
    ignoreMac: given.ignoreMac,
    inputType: formatOf(given.inputType, 'input-type', host),
    filenameOverride: given.filenameOverride,
  };
}
