/** `seal verify`: opens SealedSecrets and prints nothing of them. */
import { verifyFile } from '../../kubernetes/sealed-secrets/open.js';
import { writeAll } from '../streams.js';
import type { Command } from './command.js';
import { privateKeyFiles, singleInput } from './sealing-flags.js';

export const sealVerify: Command = {
  async run(invocation) {
    const { values, host, streams } = invocation;
    const input = singleInput(invocation, 'seal verify');
    const privateKeys = privateKeyFiles(values);
    const verified = await verifyFile({ input, privateKeys, namespace: values.text('namespace') }, host);
    for (const { described, values: count } of verified) {
      await writeAll(streams.stdout, `${described}: ${count} ${count === 1 ? 'value opens' : 'values open'}\n`);
    }
    return 0;
  },
};
