/** `emit rbac`: from files that name Secrets to a Role and a RoleBinding. */

import { printRbac } from '../../kubernetes/access/rbac.js';
import { formFor } from '../../kubernetes/sealed-secrets/print.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { namesRequest } from './access-flags.js';
import { command } from './command.js';
import { generalFlags, separateWords } from './shared-flags.js';
import { nameFlags } from './store-flags.js';

export const emitRbac = command({
  name: 'emit rbac',
  task: 'secretStores',
  summary: 'print the Role and RoleBinding that let service accounts read just the Secrets that files name',
  operands: '[files|-]',
  examples: ['sops-ts emit rbac --service-account prod/app secret.enc.yaml values.yaml | kubectl apply -f -'],
  flags: {
    ...nameFlags,
    serviceAccount: flag.text('service-account', {
      value: 'NS/NAMES',
      help: 'who may read them (comma list of NS/NAME)',
    }),
    ...generalFlags,
  },
  async run({ name, namespace, format, serviceAccount }, context) {
    const serviceAccounts = separateWords(serviceAccount === undefined ? [] : [serviceAccount]);
    const request = { ...namesRequest(context), name, namespace, serviceAccounts, form: formFor(format, undefined) };
    await writeAll(context.streams.stdout, await printRbac(request, context.host));
    return 0;
  },
});
