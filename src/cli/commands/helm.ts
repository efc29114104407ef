/** `helm downloader` and `helm install`: from words to the plug-in of Helm. */
import { downloadSecrets } from '../../kubernetes/helm/download.js';
import { installPlugin } from '../../kubernetes/helm/plugin-folder.js';
import { launchTarget, ownProcess } from '../own-process.js';
import { print, say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { packageVersion } from '../version.js';
import type { Command } from './command.js';

/** Helm gives the files of a client certificate, its key and an authority, empty without them, and then the URL. */
export const helmDownloader: Command = {
  async run({ operands, host, streams }) {
    const url = operands.at(-1);
    if (url === undefined || ![1, 4].includes(operands.length)) {
      throw new UsageError('helm downloader takes a URL, or the four words that Helm gives', 'helm downloader');
    }
    await print(streams, await downloadSecrets(url, ownProcess(), host));
    return 0;
  },
};

export const helmInstall: Command = {
  async run({ operands, host, streams }) {
    const [folder, ...more] = operands;
    if (more.length > 0) throw new UsageError('helm install takes one folder', 'helm install');
    const launch = launchTarget('sops-ts.js');
    say(streams.stderr, `installed ${await installPlugin(folder, { launch, version: packageVersion() }, host)}\n`);
    return 0;
  },
};
