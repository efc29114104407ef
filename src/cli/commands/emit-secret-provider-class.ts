/** `emit secret-provider-class`: from flags to manifests. */
import { emitProviderClasses } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { keyServiceFlags } from './shared-flags.js';
import {
  fileFlags,
  fileRequest,
  mountSettings,
  nameFlags,
  placeFlags,
  publishedFlags,
  setFlag,
} from './store-flags.js';

export const emitSecretProviderClass = command({
  name: 'emit secret-provider-class',
  task: 'secretStores',
  summary: 'print the SecretProviderClass that mounts the keys of a file',
  operands: '[file|-]',
  examples: [
    'sops-ts emit secret-provider-class app.env --name app --provider aws --region eu-central-1 --to app --sync',
  ],
  file: 'operand',
  flags: {
    ...keyServiceFlags,
    ...nameFlags,
    ...placeFlags,
    ...publishedFlags,
    sync: flag.yesNo('sync', 'make a Secret of the files, too, while a pod mounts them'),
    settings: mountSettings,
    ...setFlag,
    ...fileFlags,
  },
  async run(flags, context) {
    const request = { ...fileRequest(flags, context, 'emit secret-provider-class'), sync: flags.sync };
    await writeAll(context.streams.stdout, await emitProviderClasses(request, context.host));
    return 0;
  },
});
