/** `emit secret-store`: from flags to a manifest. */
import { emitStore as printStore } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { briefConfigFlag, singleInput } from './sealing-flags.js';
import { generalFlags, separateWords } from './shared-flags.js';
import { clusterStoreFlag, nameFlags, setFlag, storeChoice, storeProviderFlag, storeSettings } from './store-flags.js';

export const emitSecretStore = command({
  name: 'emit secret-store',
  task: 'secretStores',
  summary: 'print the SecretStore for a place, or for where a file is published',
  operands: '[file]',
  examples: [
    'sops-ts emit secret-store --name vault --provider vault --server https://vault:8200 --role app',
    'sops-ts emit secret-store --name aws --provider aws --region eu-central-1 --service-account app',
  ],
  flags: {
    ...nameFlags,
    ...clusterStoreFlag,
    ...storeProviderFlag,
    allowNamespaces: flag.list('allow-namespaces', {
      value: 'NAMES',
      help: 'with --cluster-store: the namespaces that may use it (comma list)',
    }),
    settings: storeSettings,
    ...setFlag,
    ...briefConfigFlag,
    ...generalFlags,
  },
  async run(flags, context) {
    const { operands, streams, host } = context;
    const input = operands.length === 0 ? undefined : singleInput(context, 'emit secret-store');
    const request = {
      ...storeChoice(flags),
      path: input?.kind === 'file' ? input.path : undefined,
      configPath: flags.config,
      clusterStore: flags.clusterStore,
      namespaces: separateWords(flags.allowNamespaces),
    };
    await writeAll(streams.stdout, await printStore(request, host));
    return 0;
  },
});
