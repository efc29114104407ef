/** `emit push-secret`: from flags to manifests. */
import { emitPushSecrets } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../streams.js';
import { command } from './command.js';
import { keyServiceFlags } from './shared-flags.js';
import {
  DELETION_POLICY,
  fileFlags,
  fileRequest,
  policyFlags,
  REFRESH_INTERVAL,
  referenceFlags,
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
    policies: policyFlags([REFRESH_INTERVAL, DELETION_POLICY, ['update-policy', ['Replace', 'IfNotExists']]]),
    ...fileFlags,
  },
  async run(flags, context) {
    const { store, clusterStore, policies } = flags;
    const request = { ...fileRequest(flags, context, 'emit push-secret'), store, clusterStore, policies };
    await writeAll(context.streams.stdout, await emitPushSecrets(request, context.host));
    return 0;
  },
});
