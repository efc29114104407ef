/** `kustomize init`: from flags to the operation. */
import { initGenerator } from '../../kubernetes/kustomize/init.js';
import { say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

export const kustomizeInit: Command = {
  async run({ values, operands, host, streams }) {
    const [folder = '.', ...more] = operands;
    if (more.length > 0) throw new UsageError('kustomize init takes one folder', 'kustomize init');
    const { written, notes } = await initGenerator(folder, values.isOn('legacy'), host);
    for (const note of notes) host.warn(note);
    for (const path of written) say(streams.stderr, `wrote ${path}\n`);
    return 0;
  },
};
