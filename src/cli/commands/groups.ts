/** `groups add` and `groups delete`: from flags to the operations. */
import { KEY_TYPES } from '../../keys/registry.js';
import {
  type AddGroupRequest,
  addGroup,
  type DeleteGroupRequest,
  deleteGroup,
} from '../../operations/recipients/groups.js';
import type { Outcome } from '../../operations/requests.js';
import type { FlagValues } from '../flag-values.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';
import { inputAndOutput, keyServiceFlags } from './document-flags.js';

export const groupsAdd: Command = {
  async run(invocation) {
    return warned(await addGroup(addGroupRequest(invocation), invocation.host), invocation);
  },
};

export const groupsDelete: Command = {
  async run(invocation) {
    const { host, values } = invocation;
    const outcome = await deleteGroup(deleteGroupRequest(invocation), host);
    host.warn(
      `the data key stays, and those of the deleted group may know it: sops-ts rotate -i ${values.text('file')} makes a new one`,
    );
    return warned(outcome, invocation);
  },
};

/** What the flags ask for. Throws `usage`. */
export function addGroupRequest(invocation: Invocation): AddGroupRequest {
  const { values, operands } = invocation;
  if (operands.length > 0) throw new UsageError('groups add takes no operands, only flags', 'groups add');
  return {
    ...shared(invocation, 'groups add'),
    keyFlags: keyFlags(values),
    awsProfile: values.text('aws-profile'),
    encryptionContext: values.text('encryption-context'),
  };
}

/** What the flags ask for. Throws `usage`. */
export function deleteGroupRequest(invocation: Invocation): DeleteGroupRequest {
  const [index = '', ...others] = invocation.operands;
  if (others.length > 0 || !/^[0-9]+$/.test(index)) {
    throw new UsageError('groups delete takes the index of one group, from 0, behind the flags', 'groups delete');
  }
  return { ...shared(invocation, 'groups delete'), index: Number(index) };
}

function shared(invocation: Invocation, command: string): Omit<DeleteGroupRequest, 'index'> {
  const { values } = invocation;
  const path = values.text('file');
  if (path === undefined) throw new UsageError('no file specified: name it with --file', command);
  return {
    ...inputAndOutput({ ...invocation, operands: [path] }),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    shamirThreshold: values.integer('shamir-secret-sharing-threshold') ?? 0,
    ignoreMac: values.isOn('ignore-mac'),
    keepUnlisted: values.isOn('keep-unlisted'),
  };
}

/** The recipients by type. A flag may be given several times, and may stand before the command. */
function keyFlags(values: FlagValues): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of KEY_TYPES) {
    const texts = [values.text(row.flag) ?? [], ...values.list(row.flag)].flat();
    if (texts.length > 0) found.set(row.type, texts.join(','));
  }
  return found;
}

function warned({ warnings }: Outcome, { host }: Invocation): number {
  for (const warning of warnings) host.warn(warning);
  return 0;
}
