/** `kustomize check`: from flags to findings, one a line. */
import { checkKustomizations } from '../../kubernetes/kustomize/check.js';
import { printFindings } from '../output/findings.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';

export const kustomizeCheck = command({
  name: 'kustomize check',
  task: 'kubernetes',
  summary: 'find what would go wrong in a build, or cannot be told; exit with 1 if there is anything',
  operands: '[folder] [-- flag of kustomize...]',
  examples: ['sops-ts kustomize check overlays/prod', 'sops-ts kustomize check . -- --enable-alpha-plugins'],
  flags: { verbose: PROGRAM.verbose },
  async run(_, { operands, behindDashes, host, streams }) {
    const count = operands.length - (behindDashes ?? 0);
    if (count > 1)
      throw new UsageError('kustomize check takes one folder; flags of kustomize go after --', 'kustomize check');
    const flags = behindDashes === undefined ? undefined : operands.slice(count);
    const [folder = '.'] = operands.slice(0, count);
    const { findings, kustomizations, generators, files } = await checkKustomizations(folder, flags, host);
    const checked = `looked at ${files} file(s), checked ${kustomizations} kustomization(s) and ${generators} generator(s) of encrypted files`;
    return printFindings(streams, findings, checked);
  },
});
