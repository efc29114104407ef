/** `seal verify`: opens SealedSecrets and prints nothing of them. */
import { verifyFile } from '../../kubernetes/sealed-secrets/open.js';
import { writeAll } from '../terminal/streams.js';
import { command } from './command.js';
import { namespaceFlag, privateKeyFiles, privateKeyFlag, singleInput } from './sealing-flags.js';
import { configFlag, generalFlags, keyServiceFlags } from './shared-flags.js';

export const sealVerify = command({
  name: 'seal verify',
  task: 'sealedSecrets',
  summary: 'see whether private keys open all that is sealed in a file',
  operands: '[file|-]',
  examples: ['sops-ts seal verify --private-key backup.yaml secret.sealed.yaml'],
  file: 'operand',
  flags: { ...keyServiceFlags, ...namespaceFlag, ...privateKeyFlag, ...configFlag, ...generalFlags },
  async run(flags, context) {
    const { host, streams } = context;
    const input = singleInput(context, 'seal verify');
    const privateKeys = privateKeyFiles(flags);
    const verified = await verifyFile({ input, privateKeys, namespace: flags.namespace }, host);
    for (const { described, values: count } of verified) {
      await writeAll(streams.stdout, `${described}: ${count} ${count === 1 ? 'value opens' : 'values open'}\n`);
    }
    return 0;
  },
});
