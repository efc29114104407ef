/** `refs eval`: a YAML or JSON file with the values of its references. */

import { SecretTexts } from '../../kubernetes/manifest/secret-texts.js';
import { evaluateFile } from '../../references/evaluate.js';
import { print } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import {
  allowRefFlag,
  excludeSecretFlag,
  hostOf,
  printedType,
  printedTypeFlag,
  referenceFileFlag,
  referencesInput,
  referencesRequest,
  silentFlag,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsEval = command({
  name: 'refs eval',
  task: 'references',
  summary: 'print YAML or JSON with values in place of its references; comments and order stay',
  operands: '[file|folder]',
  examples: ['sops-ts refs eval values.yaml | helm install app . -f -'],
  flags: {
    ...referenceFileFlag,
    ...printedTypeFlag,
    decodeKubernetesSecrets: flag.yesNo(
      'decode-kubernetes-secrets',
      'look for references in what data of Secrets holds in base64, too',
    ),
    failOnMissingKeyInMap: flag.yesNo(
      'fail-on-missing-key-in-map',
      'on unless it is false: then a key that a secret does not have gives null, with a warning',
      { onByDefault: true },
    ),
    ...excludeSecretFlag,
    ...allowRefFlag,
    ...silentFlag,
    ...generalFlags,
  },
  async run(given, context) {
    const request = {
      ...referencesRequest(given),
      input: referencesInput(given, context),
      outputType: printedType(given, 'refs eval'),
      nullForMissing: !given.failOnMissingKeyInMap,
      view: given.decodeKubernetesSecrets ? new SecretTexts() : undefined,
    };
    await print(context.streams, await evaluateFile(request, hostOf(given, context)));
    return 0;
  },
});
