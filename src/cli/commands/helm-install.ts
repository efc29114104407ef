/** `helm install`: puts the plug-in where Helm finds it. */
import { installPlugin } from '../../kubernetes/helm/plugin-folder.js';
import { launchTarget } from '../start/own-process.js';
import { say } from '../terminal/streams.js';
import { packageVersion } from '../version.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

export const helmInstall = command({
  name: 'helm install',
  task: 'helm',
  rank: -1,
  summary: 'put a plug-in into the folder of plug-ins of Helm, so that it reads secrets:// URLs',
  operands: '[folder]',
  examples: ['sops-ts helm install && helm upgrade app ./chart -f secrets://values.enc.yaml'],
  flags: { ...configFlag, ...generalFlags },
  async run(_, { operands, host, streams }) {
    const [folder, ...more] = operands;
    if (more.length > 0) throw new UsageError('helm install takes one folder', 'helm install');
    const launch = launchTarget('sops-ts.js');
    say(streams.stderr, `installed ${await installPlugin(folder, { launch, version: packageVersion() }, host)}\n`);
    return 0;
  },
});
