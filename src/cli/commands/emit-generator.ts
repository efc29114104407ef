/** `emit generator`: from flags to a manifest. */
import { generatorText } from '../../kubernetes/stores/generator.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';
import { nameFlags, setFlag, storeChoice } from './store-flags.js';

export const emitGenerator = command({
  name: 'emit generator',
  task: 'secretStores',
  summary: 'print a generator of External Secrets, e.g. Password',
  operands: 'KIND',
  examples: [
    'sops-ts emit generator Password --name db --set length=32 --set symbols=4',
    'sops-ts emit generator ECRAuthorizationToken --name ecr --set region=eu-central-1',
  ],
  flags: {
    ...nameFlags,
    clusterWide: flag.yesNo('cluster-wide', 'a ClusterGenerator; --namespace is that of what it refers to'),
    ...setFlag,
    ...generalFlags,
  },
  async run(flags, { operands, streams }) {
    const { name, namespace, sets, form } = storeChoice({ ...flags, provider: undefined });
    const { clusterWide } = flags;
    await writeAll(streams.stdout, generatorText({ kind: operands[0], name, namespace, clusterWide, sets, form }));
    return 0;
  },
});
