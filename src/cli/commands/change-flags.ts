/** The flags that `set` and `unset` share, and what they ask for. */
import type { ChangeOutcome, ChangeRequest } from '../../operations/write/change-file.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import type { Context } from './command.js';
import { keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, generalFlags, ignoreMacFlag, openingFlags, typeFlags } from './shared-flags.js';

export const changeFlags = {
  idempotent: flag.yesNo('idempotent', 'do not write when nothing would change'),
  ...typeFlags,
  // SOPS takes it there, without effect.
  shamirThreshold: variant(PROGRAM.shamirThreshold, { value: 'N', group: 'general' }),
  ...ignoreMacFlag,
  ...openingFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  ...generalFlags,
};

/** What the flags ask for, on one file in place. Throws `usage`. */
export function changeRequest(
  given: Values<typeof changeFlags>,
  { host }: Context,
  path: string,
): Omit<ChangeRequest, 'path'> {
  return {
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    ignoreMac: given.ignoreMac,
    idempotent: given.idempotent,
    decryptionOrder: given.decryptionOrder,
    ...typesOf(given, host),
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    indent: given.indent,
  };
}

/** Tells the warnings. Returns the exit status. */
export function toldOutcome({ warnings }: Pick<ChangeOutcome, 'warnings'>, { host }: Context): number {
  for (const warning of warnings) host.warn(warning);
  return 0;
}
