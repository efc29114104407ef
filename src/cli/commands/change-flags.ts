/** The flags that `set` and `unset` share. */
import type { ChangeOutcome, ChangeRequest } from '../../operations/write/change-file.js';
import type { Invocation } from './command.js';
import { formatFlag, keyServiceFlags } from './document-flags.js';

/** What the flags ask for, on one file in place. Throws `usage`. */
export function changeRequest(invocation: Invocation, path: string): ChangeRequest {
  const { values } = invocation;
  return {
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    ignoreMac: values.isOn('ignore-mac'),
    idempotent: values.isOn('idempotent'),
    decryptionOrder: values.text('decryption-order'),
    inputType: formatFlag(invocation, 'input-type'),
    outputType: formatFlag(invocation, 'output-type'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    indent: values.integer('indent'),
  };
}

/** Tells the warnings. Returns the exit status. */
export function toldOutcome({ warnings }: ChangeOutcome, { host }: Invocation): number {
  for (const warning of warnings) host.warn(warning);
  return 0;
}
