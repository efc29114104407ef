/** `kustomize init`: from flags to the operation. */
import { initGenerator } from '../../kubernetes/kustomize/init.js';
import { say } from '../terminal/streams.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { legacyFlag } from './shared-flags.js';

export const kustomizeInit = command({
  name: 'kustomize init',
  task: 'kubernetes',
  summary: 'write a generator for the encrypted files of a folder',
  operands: '[folder]',
  examples: ['sops-ts kustomize init overlays/prod', 'sops-ts kustomize init --legacy .'],
  flags: { ...legacyFlag, verbose: PROGRAM.verbose },
  async run(flags, { operands, host, streams }) {
    const [folder = '.', ...more] = operands;
    if (more.length > 0) throw new UsageError('kustomize init takes one folder', 'kustomize init');
    const { written, notes } = await initGenerator(folder, flags.legacy, host);
    for (const note of notes) host.warn(note);
    for (const path of written) say(streams.stderr, `wrote ${path}\n`);
    return 0;
  },
});
