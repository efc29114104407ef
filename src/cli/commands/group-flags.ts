/** The flags that `groups add` and `groups delete` share, and what they ask for. */
import type { DeleteGroupRequest } from '../../operations/recipients/groups.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import type { Context } from './command.js';
import { inputAndOutput, keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, ignoreMacFlag, keyServiceFlags } from './shared-flags.js';

/** The file: SOPS takes it as a flag there. */
export const groupFileFlags = {
  file: flag.text('file', { value: 'FILE', help: 'the file to change', offers: 'files' }, { short: 'f' }),
  inPlace: flag.yesNo('in-place', PROGRAM.inPlace.text, { short: 'i' }),
};

export const groupFlags = {
  keepUnlisted: flag.yesNo('keep-unlisted', PROGRAM.keepUnlisted.text),
  ...ignoreMacFlag,
  ...keyServiceFlags,
  ...configFlag,
  ...generalFlags,
};

interface GroupValues extends Values<typeof groupFileFlags>, Values<typeof groupFlags> {
  readonly shamirThreshold: number | undefined;
}

/** What the flags ask for; `name` is the command's. Throws `usage`. */
export function groupRequest(given: GroupValues, context: Context, name: string): Omit<DeleteGroupRequest, 'index'> {
  const { file } = given;
  if (file === undefined) throw new UsageError('no file specified: name it with --file', name);
  return {
    ...inputAndOutput({ inPlace: given.inPlace }, { ...context, operands: [file] }),
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    shamirThreshold: given.shamirThreshold ?? 0,
    ignoreMac: given.ignoreMac,
    keepUnlisted: given.keepUnlisted,
  };
}
