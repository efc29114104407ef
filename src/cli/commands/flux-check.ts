/** `flux check`: from flags to findings, one a line. */
import { checkFlux } from '../../kubernetes/flux/check.js';
import { readDecryptionSecret } from '../../kubernetes/flux/decryption-secret.js';
import { trySecret } from '../../kubernetes/flux/trial.js';
import type { Finding } from '../../kubernetes/kustomize/check.js';
import { ownProcess } from '../own-process.js';
import { printable } from '../report.js';
import { print } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

export const fluxCheck: Command = {
  async run({ values, operands, host, streams }) {
    const [folder = '.', ...more] = operands;
    if (more.length > 0) throw new UsageError('flux check takes one folder', 'flux check');
    const { findings, encrypted } = await checkFlux(folder, host);
    const file = values.text('secret');
    const tried: Finding[] =
      file === undefined
        ? []
        : await trySecret(await readDecryptionSecret(file, host), file, encrypted, ownProcess(), host);
    const all = [...findings, ...tried];
    const lines = all.map((one) => `${printable(`${one.file}: ${one.text}`)}\n`);
    const what = file === undefined ? 'checked' : `tried ${printable(file)} on`;
    await print(
      streams,
      `${lines.join('')}${what} ${encrypted.length} encrypted file(s): ${all.length || 'no'} finding(s)\n`,
    );
    return all.length > 0 ? 1 : 0;
  },
};
