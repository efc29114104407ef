/** `flux check`: from flags to findings, one a line. */
import { checkFlux } from '../../kubernetes/flux/check.js';
import { readDecryptionSecret } from '../../kubernetes/flux/decryption-secret.js';
import { trySecret } from '../../kubernetes/flux/secret-trial.js';
import type { Finding } from '../../kubernetes/kustomize/findings.js';
import { printFindings } from '../output/findings.js';
import { printable } from '../output/report.js';
import { ownProcess } from '../start/own-process.js';
import { flag } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

export const fluxCheck = command({
  name: 'flux check',
  task: 'flux',
  summary: 'find what Flux would not decrypt, and what cannot be told; exit with 1 if there is anything',
  operands: '[folder]',
  examples: [
    'sops-ts flux check clusters/prod',
    'sops-ts flux check --secret sops-keys.enc.yaml clusters/prod   # do its keys open everything?',
  ],
  flags: {
    secret: flag.text('secret', {
      value: 'FILE',
      help: 'try the keys of this decryption Secret, plain or encrypted, on every file',
      offers: 'files',
    }),
    ...configFlag,
    ...generalFlags,
  },
  async run({ secret: file }, { operands, host, streams }) {
    const [folder = '.', ...more] = operands;
    if (more.length > 0) throw new UsageError('flux check takes one folder', 'flux check');
    const { findings, encrypted, left, kustomizations, files } = await checkFlux(folder, host);
    const tried: Finding[] =
      file === undefined
        ? []
        : await trySecret(await readDecryptionSecret(file, host), file, encrypted, ownProcess(), host);
    const what = file === undefined ? 'checked' : `tried ${printable(file)} on`;
    const stay = left === 0 ? '' : `, ${left} object(s) stay encrypted as annotated`;
    const looked = `looked at ${kustomizations} kustomization(s) and ${files} file(s)${stay}`;
    const count = new Set(encrypted.map((content) => content.file)).size;
    return printFindings(streams, [...findings, ...tried], `${looked}, ${what} ${count} encrypted file(s)`);
  },
});
