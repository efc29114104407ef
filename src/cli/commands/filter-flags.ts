/** The flags that `kustomize build` and `kustomize decrypt` share: what is checked of objects that a build has changed. */
import type { FilterRules } from '../../kubernetes/kustomize/filter.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';

export const filterFlags = {
  mac: flag.text('mac', {
    value: 'WORD',
    help: 'strict, or skip: a build changes objects, so that no MAC fits',
    offers: ['strict', 'skip'],
  }),
  annotations: flag.text('annotations', {
    value: 'WORD',
    help: "flux: heed Flux's annotation that leaves an object encrypted",
    offers: ['flux'],
  }),
  verbose: PROGRAM.verbose,
};

/** What `--mac` and `--annotations` ask for; `name` is the command's. Throws `usage`. */
export function filterRules({ mac = 'strict', annotations }: Values<typeof filterFlags>, name: string): FilterRules {
  if (mac !== 'strict' && mac !== 'skip') throw new UsageError('--mac is strict or skip', name);
  if (annotations !== undefined && annotations !== 'flux') throw new UsageError('--annotations knows flux alone', name);
  return { skipMac: mac === 'skip', heedsAnnotation: annotations === 'flux' };
}
