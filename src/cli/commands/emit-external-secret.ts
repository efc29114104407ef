/** `emit external-secret`: from flags to manifests. */
import { emitExternalSecrets } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../streams.js';
import { command } from './command.js';
import { keyServiceFlags } from './shared-flags.js';
import {
  DELETION_POLICY,
  fileFlags,
  fileRequest,
  policyFlags,
  publishedFlags,
  REFRESH_INTERVAL,
  referenceFlags,
} from './store-flags.js';

export const emitExternalSecret = command({
  name: 'emit external-secret',
  task: 'secretStores',
  summary: 'print the ExternalSecret that makes the Secret of a file',
  operands: '[file|-]',
  examples: [
    'sops-ts emit external-secret secret.enc.yaml --store vault --to team/app',
    'sops-ts emit external-secret app.env --name app --store aws --cluster-store --provider aws --per-key',
  ],
  file: 'operand',
  flags: {
    ...keyServiceFlags,
    ...referenceFlags,
    ...publishedFlags,
    policies: policyFlags([
      REFRESH_INTERVAL,
      ['refresh-policy', ['CreatedOnce', 'Periodic', 'OnChange']],
      ['creation-policy', ['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge']],
      DELETION_POLICY,
    ]),
    ...fileFlags,
  },
  async run(flags, context) {
    const { store, clusterStore, policies } = flags;
    const request = { ...fileRequest(flags, context, 'emit external-secret'), store, clusterStore, policies };
    await writeAll(context.streams.stdout, await emitExternalSecrets(request, context.host));
    return 0;
  },
});
