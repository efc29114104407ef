/** `refs ksdecode`: manifests with what Secrets hold in base64 in clear. */
import { dataToTexts } from '../../kubernetes/manifest/secret-texts.js';
import { printFiles } from '../../references/evaluate.js';
import { print } from '../terminal/streams.js';
import { command } from './command.js';
import {
  hostOf,
  printedType,
  printedTypeFlag,
  referenceFileFlag,
  referencesInput,
  silentFlag,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsKsdecode = command({
  name: 'refs ksdecode',
  task: 'references',
  summary: 'print manifests with the data of Secrets as stringData, so that references can be written into it',
  operands: '[file|folder]',
  examples: ['kubectl get secret app -o yaml | sops-ts refs ksdecode'],
  flags: { ...referenceFileFlag, ...printedTypeFlag, ...silentFlag, ...generalFlags },
  async run(given, context) {
    const host = hostOf(given, context);
    const outputType = printedType(given, 'refs ksdecode') ?? 'yaml';
    const request = { input: referencesInput(given, context), outputType };
    const text = await printFiles(request, host, ({ roots }) => {
      const bytes = dataToTexts(roots);
      if (bytes.length > 0) host.warn(`${bytes.join(', ')}: the bytes are not text, and stay in data`);
    });
    await print(context.streams, text);
    return 0;
  },
});
