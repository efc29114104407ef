/** `emit push-secret`: from flags to manifests. */
import { emitPushSecrets } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { keyServiceFlags } from './shared-flags.js';
import {
  DELETION_POLICY,
  fileFlags,
  fileRequest,
  policyFlags,
  REFRESH_INTERVAL,
  referenceFlags,
  setFlag,
  spreadFlags,
  spreadOf,
} from './store-flags.js';

export const emitPushSecret = command({
  name: 'emit push-secret',
  task: 'secretStores',
  summary: 'print the PushSecret that sends a Secret with the keys of a file',
  operands: '[file|-]',
  examples: ['sops-ts emit push-secret secret.enc.yaml --store vault --to team/app'],
  file: 'operand',
  flags: {
    ...keyServiceFlags,
    ...referenceFlags,
    allKeys: flag.yesNo('all-keys', 'send all keys of the Secret, also those that come later (dataTo)'),
    ...spreadFlags,
    ...setFlag,
    policies: policyFlags([REFRESH_INTERVAL, DELETION_POLICY, ['update-policy', ['Replace', 'IfNotExists']]]),
    ...fileFlags,
  },
  async run(flags, context) {
    const { store, clusterStore, policies, allKeys } = flags;
    const asked = { store, clusterStore, policies, allKeys, spread: spreadOf(flags) };
    const request = { ...fileRequest(flags, context, 'emit push-secret'), ...asked };
    await writeAll(context.streams.stdout, await emitPushSecrets(request, context.host));
    return 0;
  },
});
