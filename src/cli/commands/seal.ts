/** `seal`: from flags to one of the ways of sealing. */
import { SopsError } from '../../errors.js';
import { parseScope, SCOPES } from '../../kubernetes/sealed-secrets/scope.js';
import type { ResealRequest, SealRequest } from '../../kubernetes/sealed-secrets/seal.js';
import { resealSealedSecrets, sealInto, sealRaw, sealSecrets } from '../../kubernetes/sealed-secrets/seal.js';
import type { Output } from '../../operations/requests.js';
import { writeAll } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { type Context, command } from './command.js';
import {
  briefConfigFlag,
  privateKeyFiles,
  privateKeyFlag,
  readingFlags,
  readingOf,
  sealedFormatFlag,
  singleInput,
} from './sealing-flags.js';
import { generalFlags, keyServiceFlags } from './shared-flags.js';

const flags = {
  ...keyServiceFlags,
  ...readingFlags,
  cert: flag.text(
    'cert',
    { value: 'FILE|URL', group: 'certificate', offers: 'files' },
    { variable: 'SEALED_SECRETS_CERT' },
  ),
  fetchFrom: flag.text('fetch-from', { value: 'URL', group: 'certificate' }),
  scope: flag.text(
    'scope',
    { value: 'SCOPE', group: 'binding', offers: SCOPES.map((row) => row.name) },
    { variable: 'SEALED_SECRETS_SCOPE' },
  ),
  name: flag.text('name', { value: 'NAME', group: 'binding' }),
  namespace: flag.text('namespace', { value: 'NS', group: 'binding' }, { short: 'n' }),
  mergeInto: flag.text('merge-into', {
    value: 'FILE',
    help: 'replace values of the SealedSecret in FILE, in its scope',
    offers: 'files',
  }),
  prune: flag.yesNo('prune', 'remove what the input does not have'),
  raw: flag.yesNo('raw', 'seal the whole input as one value, and print that alone'),
  reEncrypt: flag.yesNo('re-encrypt', 'the input is sealed: open it with --private-key and seal it anew'),
  ...privateKeyFlag,
  allowEmptyData: flag.yesNo('allow-empty-data', 'seal a Secret without values, too'),
  yaml11: flag.yesNo('yaml11', 'take unquoted 007, yes or null as YAML 1.1 does, instead of refusing'),
  ...sealedFormatFlag,
  sealedSecretFile: flag.text(
    'sealed-secret-file',
    { value: 'FILE', group: 'layout', offers: 'files' },
    { short: 'w' },
  ),
  ...briefConfigFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const seal = command({
  name: 'seal',
  task: 'sealedSecrets',
  summary: 'seal Secrets, encrypted or plain, for the Sealed Secrets controller',
  operands: '[file|-]',
  examples: [
    'sops-ts seal secret.enc.yaml --cert controller.pem -w secret.sealed.yaml',
    'sops-ts seal app.env --name app --namespace prod --fetch-from http://127.0.0.1:8080',
    'sops-ts seal new.yaml --cert controller.pem --merge-into secret.sealed.yaml',
  ],
  file: 'operand',
  flags,
  async run(given, context) {
    const { host } = context;
    const { mergeInto: target, prune } = given;
    checkModes(given);
    if (given.reEncrypt) await resealSealedSecrets(resealRequest(given, context), host);
    else if (given.raw) await sealRaw(sealRequest(given, context), host);
    else if (target === undefined) await sealSecrets(sealRequest(given, context), host);
    else await sealInto({ ...sealRequest(given, context), target, prune }, host);
    return 0;
  },
});

/** Throws `conflict` for ways of sealing that exclude each other, and for flags without the way they belong to. */
function checkModes(given: Flags): void {
  const [first, second] = [
    ...(given.reEncrypt ? ['re-encrypt'] : []),
    ...(given.raw ? ['raw'] : []),
    ...(given.mergeInto === undefined ? [] : ['merge-into']),
  ];
  if (second !== undefined) throw new SopsError('conflict', `Error: cannot use both --${first} and --${second}`);
  if (given.prune && first !== 'merge-into') {
    throw new SopsError('conflict', 'Error: --prune belongs to --merge-into');
  }
  if (privateKeyFiles(given).paths.length > 0 && first !== 're-encrypt') {
    throw new SopsError('conflict', 'Error: sealing needs no private key: --private-key belongs to --re-encrypt');
  }
}

function sealRequest(given: Flags, context: Context): SealRequest {
  return {
    ...sealingOf(given, context),
    name: given.name,
    policy: given.yaml11 ? 'yaml11' : 'refuse',
    allowEmptyData: given.allowEmptyData,
    ...readingOf(given, context),
  };
}

function resealRequest(given: Flags, context: Context): ResealRequest {
  const privateKeys = privateKeyFiles(given);
  if (privateKeys.paths.length === 0) {
    throw new SopsError('usage', 'Incorrect Usage: --re-encrypt needs the private key that opens the input', {
      hint: 'Name its file with --private-key FILE.',
    });
  }
  return { ...sealingOf(given, context), privateKeys };
}

function sealingOf(given: Flags, context: Context): Omit<ResealRequest, 'privateKeys'> {
  const { streams } = context;
  const { scope, sealedSecretFile: path } = given;
  const output: Output =
    path === undefined ? { kind: 'stdout', write: (bytes) => writeAll(streams.stdout, bytes) } : { kind: 'file', path };
  return {
    input: singleInput(context, 'seal'),
    output,
    certificate: { certificate: given.cert, controller: given.fetchFrom },
    flags: {
      scope: scope === undefined ? undefined : parseScope(scope),
      name: given.name,
      namespace: given.namespace,
    },
    form: given.format,
  };
}
