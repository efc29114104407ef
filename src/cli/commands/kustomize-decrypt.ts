/** `kustomize decrypt`: from flags to the filter. */
import { resolve } from 'node:path';
import { type FilterRules, filterBuilt } from '../../kubernetes/kustomize/filter.js';
import { readInput } from '../../operations/read/input.js';
import type { FlagValues } from '../flag-values.js';
import { print, readStandardInput } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

export const kustomizeDecrypt: Command = {
  async run({ values, operands, host, streams }) {
    const [path = '-', ...more] = operands;
    if (more.length > 0) throw new UsageError('kustomize decrypt takes one file', 'kustomize decrypt');
    const rules = filterRules(values, 'kustomize decrypt');
    const isStdin = path === '-';
    const bytes = isStdin
      ? await readStandardInput(streams, 'manifests')
      : await readInput({ kind: 'file', path: resolve(host.cwd, path) }, host);
    await print(streams, await filterBuilt(bytes, isStdin ? undefined : path, rules, host));
    return 0;
  },
};

/** What `--mac` and `--annotations` ask for. Throws `usage`. */
export function filterRules(values: FlagValues, command: string): FilterRules {
  const mac = values.text('mac') ?? 'strict';
  const annotations = values.text('annotations');
  if (mac !== 'strict' && mac !== 'skip') throw new UsageError('--mac is strict or skip', command);
  if (annotations !== undefined && annotations !== 'flux')
    throw new UsageError('--annotations knows flux alone', command);
  return { skipMac: mac === 'skip', heedsAnnotation: annotations === 'flux' };
}
