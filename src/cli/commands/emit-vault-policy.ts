/** `emit vault-policy`: from files that name secrets to a policy. */
import { printVaultPolicy } from '../../kubernetes/access/vault-policy.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { namesRequest } from './access-flags.js';
import { command } from './command.js';
import { generalFlags, separateWords } from './shared-flags.js';

export const emitVaultPolicy = command({
  name: 'emit vault-policy',
  task: 'secretStores',
  summary: 'print the least policy of Vault that lets a role read what files name',
  operands: '[files|-]',
  examples: [
    'sops-ts emit vault-policy store.yaml external-secrets.yaml values.yaml | vault policy write app -',
    'sops-ts emit vault-policy --mount old/kv=1 class.yaml app.yaml',
  ],
  flags: {
    mount: flag.text('mount', {
      value: 'PATHS',
      help: 'mounts that references read from, where one has several steps or is not key and value as it looks (comma list of PATH, PATH=1, PATH=2 or PATH=dynamic)',
    }),
    kvVersion: flag.text('kv-version', {
      value: '1|2',
      help: 'the version of key and value that references read; 2 unless told otherwise',
      offers: ['1', '2'],
    }),
    server: flag.text('server', { value: 'URL', help: 'of several servers, the one that the policy is for' }),
    namespace: flag.text('vault-namespace', {
      value: 'NS',
      help: 'of several namespaces, the one that the policy is for; root for the one without a name',
    }),
    ...generalFlags,
  },
  async run({ mount, kvVersion, server, namespace }, context) {
    const mounts = separateWords(mount === undefined ? [] : [mount]);
    const request = { ...namesRequest(context), mounts, kvVersion, server, namespace };
    await writeAll(context.streams.stdout, await printVaultPolicy(request, context.host));
    return 0;
  },
});
