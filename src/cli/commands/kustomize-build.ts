/** `kustomize build`: from flags to the build. */
import { buildKustomization } from '../../kubernetes/kustomize/build.js';
import { launchTarget, ownProcess } from '../own-process.js';
import { print, say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { filterRules } from './kustomize-decrypt.js';

const NAME = 'kustomize build';

export const kustomizeBuild: Command = {
  async run({ values, operands, behindDashes = 0, host, streams }) {
    const own = operands.slice(0, operands.length - behindDashes);
    if (own.length > 1)
      throw new UsageError('kustomize build takes one folder; words for kustomize go behind --', NAME);
    const request = {
      ...filterRules(values, NAME),
      folder: own[0] ?? '.',
      args: operands.slice(operands.length - behindDashes),
      launch: launchTarget(),
    };
    const { stdout, stderr, status } = await buildKustomization(request, ownProcess(), host);
    if (stderr !== '') say(streams.stderr, stderr);
    if (stdout !== '') await print(streams, stdout);
    return status;
  },
};
