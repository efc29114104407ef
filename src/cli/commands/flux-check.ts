/** `flux check`: from flags to findings, one a line. */
import { checkFlux } from '../../kubernetes/flux/check.js';
import { readDecryptionSecret } from '../../kubernetes/flux/decryption-secret.js';
import { trySecret } from '../../kubernetes/flux/trial.js';
import type { Finding } from '../../kubernetes/kustomize/findings.js';
import { printFindings } from '../findings.js';
import { ownProcess } from '../own-process.js';
import { printable } from '../report.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

export const fluxCheck: Command = {
  async run({ values, operands, host, streams }) {
    const [folder = '.', ...more] = operands;
    if (more.length > 0) throw new UsageError('flux check takes one folder', 'flux check');
    const { findings, encrypted, left, kustomizations, files } = await checkFlux(folder, host);
    const file = values.text('secret');
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
};
