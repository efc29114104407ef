/** `kustomize decrypt`: from flags to the filter. */
import { filterBuilt } from '../../kubernetes/kustomize/filter.js';
import { readInput } from '../../operations/read/input.js';
import { resolve } from '../../util/files/paths.js';
import { print, readStandardInput } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { filterFlags, filterRules } from './filter-flags.js';

export const kustomizeDecrypt = command({
  name: 'kustomize decrypt',
  task: 'kubernetes',
  summary: 'decrypt the output of a build, as Flux does',
  operands: '[file]',
  examples: ['kustomize build . | sops-ts kustomize decrypt --mac skip'],
  file: 'operand',
  flags: filterFlags,
  async run(flags, { operands, host, streams }) {
    const [path = '-', ...more] = operands;
    if (more.length > 0) throw new UsageError('kustomize decrypt takes one file', 'kustomize decrypt');
    const rules = filterRules(flags, 'kustomize decrypt');
    const isStdin = path === '-';
    const bytes = isStdin
      ? await readStandardInput(streams, 'manifests')
      : await readInput({ kind: 'file', path: resolve(host.cwd, path) }, host);
    await print(streams, await filterBuilt(bytes, isStdin ? undefined : path, rules, host));
    return 0;
  },
});
