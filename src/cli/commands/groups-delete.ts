/** `groups delete`: from flags to the operation. */
import { type DeleteGroupRequest, deleteGroup } from '../../operations/recipients/groups.js';
import { type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { toldOutcome } from './change-flags.js';
import { type Context, command } from './command.js';
import { groupFileFlags, groupFlags, groupRequest } from './group-flags.js';

const flags = {
  ...groupFileFlags,
  shamirThreshold: variant(PROGRAM.shamirThreshold, { value: 'N', help: 'how many groups open the file' }),
  ...groupFlags,
};

export const groupsDelete = command({
  name: 'groups delete',
  task: 'readers',
  summary: 'delete a key group from a file',
  operands: '--file FILE index',
  examples: ['sops-ts groups delete -i -f secrets.yaml 1'],
  file: { flag: 'file' },
  writesInPlace: ['inPlace'],
  flags,
  async run(given, context) {
    const outcome = await deleteGroup(deleteGroupRequest(given, context), context.host);
    context.host.warn(
      `the data key stays, and those of the deleted group may know it: sops-ts rotate -i ${given.file} makes a new one`,
    );
    return toldOutcome(outcome, context);
  },
});

/** What the flags ask for. Throws `usage`. */
export function deleteGroupRequest(given: Values<typeof flags>, context: Context): DeleteGroupRequest {
  const [index = '', ...others] = context.operands;
  if (others.length > 0 || !/^[0-9]+$/.test(index)) {
    throw new UsageError('groups delete takes the index of one group, from 0, after the flags', 'groups delete');
  }
  return { ...groupRequest(given, context, 'groups delete'), index: Number(index) };
}
