/** `groups add`: from flags to the operation. */
import { KEY_TYPES } from '../../keys/registry.js';
import { type AddGroupRequest, addGroup } from '../../operations/recipients/groups.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { toldOutcome } from './change-flags.js';
import { type Context, command } from './command.js';
import { groupFileFlags, groupFlags, groupRequest } from './group-flags.js';

const flags = {
  ...groupFileFlags,
  /** By type; before the command each may be given once. */
  members: flag.each(KEY_TYPES, ({ type, flag: name }) => [[type, flag.list(name, { group: 'members' })]]),
  encryptionContext: variant(PROGRAM.encryptionContext, { value: 'K:V', group: 'members' }),
  awsProfile: variant(PROGRAM.awsProfile, { value: 'NAME', group: 'members' }),
  shamirThreshold: variant(PROGRAM.shamirThreshold, { value: 'GROUPS', group: 'members' }),
  ...groupFlags,
};

export const groupsAdd = command({
  name: 'groups add',
  task: 'readers',
  summary: 'add a key group to a file',
  operands: '--file FILE',
  examples: ['sops-ts groups add -i -f secrets.yaml --age $RECIPIENT --shamir-secret-sharing-threshold 2'],
  file: { flag: 'file' },
  writesInPlace: ['inPlace'],
  flags,
  async run(given, context) {
    return toldOutcome(await addGroup(addGroupRequest(given, context), context.host), context);
  },
});

/** What the flags ask for. Throws `usage`. */
export function addGroupRequest(given: Values<typeof flags>, context: Context): AddGroupRequest {
  if (context.operands.length > 0) throw new UsageError('groups add takes no operands, only flags', 'groups add');
  return {
    ...groupRequest(given, context, 'groups add'),
    keyFlags: new Map([...given.members].map(([type, texts]) => [type, texts.join(',')])),
    awsProfile: given.awsProfile,
    encryptionContext: given.encryptionContext,
  };
}
