/** `helm downloader`: from words to what the plug-in of Helm prints. */
import { downloadSecrets } from '../../kubernetes/helm/download.js';
import { ownProcess } from '../start/own-process.js';
import { print } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

/** Helm gives the files of a client certificate, its key and an authority, empty without them, and then the URL. */
export const helmDownloader = command({
  name: 'helm downloader',
  task: 'helm',
  summary: 'print what a secrets:// URL points to, decrypted; Helm calls it',
  operands: '[cert key ca] url',
  examples: [
    'sops-ts helm downloader secrets://values.enc.yaml',
    "sops-ts helm downloader 'secrets+age-import://key.txt?values.enc.yaml'",
  ],
  flags: { ...configFlag, ...generalFlags },
  async run(_, { operands, host, streams }) {
    const url = operands.at(-1);
    if (url === undefined || ![1, 4].includes(operands.length)) {
      throw new UsageError('helm downloader takes a URL, or the four words that Helm gives', 'helm downloader');
    }
    await print(streams, await downloadSecrets(url, ownProcess(), host));
    return 0;
  },
});
