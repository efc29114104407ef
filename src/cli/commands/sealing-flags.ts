/** What the commands for Sealed Secrets and for secret stores share. */
import type { PrivateKeyFiles } from '../../kubernetes/sealed-secrets/private-keys.js';
import type { PlainRequest } from '../../operations/read/plain-input.js';
import type { Input } from '../../operations/requests.js';
import type { FlagValues } from '../flag-values.js';
import { UsageError } from '../usage-error.js';
import type { Invocation } from './command.js';
import { formatFlag, inputAndOutput, keyServiceFlags } from './document-flags.js';

/** The one file that a command reads, or standard input. Throws `usage` for more. */
export function singleInput(invocation: Invocation, command: string): Input {
  const [, second] = invocation.operands;
  if (second !== undefined)
    throw new UsageError(`one file at a time, and ${JSON.stringify(second)} is another`, command);
  return inputAndOutput(invocation).input;
}

/** The files of `--private-key`, given several times or separated by commas, and what opens encrypted ones. */
export function privateKeyFiles(values: FlagValues): PrivateKeyFiles {
  const paths = values.list('private-key').flatMap((text) => text.split(',').filter((path) => path !== ''));
  return { paths, ...openingFlags(values) };
}

function openingFlags(values: FlagValues): Pick<PlainRequest, 'configPath' | 'keyServices' | 'decryptionOrder'> {
  return {
    decryptionOrder: values.text('decryption-order'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
  };
}

/** How a file that may be encrypted is read. */
export function readingFlags({ values, host }: Invocation): Omit<PlainRequest, 'input'> {
  return {
    ...openingFlags(values),
    ignoreMac: values.isOn('ignore-mac'),
    inputType: formatFlag({ values, host }, 'input-type'),
    filenameOverride: values.text('filename-override'),
  };
}
