/** `kustomize build`: from flags to the build. */
import { buildKustomization } from '../../kubernetes/kustomize/build.js';
import { openValues } from '../object-values.js';
import { launchTarget, ownProcess } from '../start/own-process.js';
import { print, say } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { filterFlags, filterRules } from './filter-flags.js';

const NAME = 'kustomize build';

export const kustomizeBuild = command({
  name: 'kustomize build',
  task: 'kubernetes',
  summary: 'run kustomize with the plug-in set up, and decrypt what goes in and comes out',
  operands: '[folder] [-- argument...]',
  examples: [
    'sops-ts kustomize build overlays/prod | kubectl apply -f -',
    'sops-ts kustomize build . -- --enable-helm',
  ],
  flags: filterFlags,
  async run(flags, { operands, behindDashes = 0, host, streams }) {
    const own = operands.slice(0, operands.length - behindDashes);
    if (own.length > 1) throw new UsageError('kustomize build takes one folder; words for kustomize go after --', NAME);
    const request = {
      ...filterRules(flags, NAME),
      folder: own[0] ?? '.',
      args: operands.slice(operands.length - behindDashes),
      launch: launchTarget(),
      openValues,
    };
    const { stdout, stderr, status } = await buildKustomization(request, ownProcess(), host);
    if (stderr !== '') say(streams.stderr, stderr);
    if (stdout !== '') await print(streams, stdout);
    return status;
  },
});
