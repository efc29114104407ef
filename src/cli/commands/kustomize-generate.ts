/** `kustomize generate`: from flags to the operation. */

import { checkObjectName, readPairs } from '../../kubernetes/kustomize/names.js';
import { type MakeRequest, makeManifests, type NewSecretRequest } from '../../kubernetes/kustomize/new-objects.js';
import { BEHAVIORS } from '../../kubernetes/kustomize/plan.js';
import type { OutputForm } from '../../kubernetes/manifest/print.js';
import { print, readStandardInput } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';

const NAME = 'kustomize generate';
const FORMS: readonly OutputForm[] = ['yaml', 'json', 'list', 'resourcelist'];

const flags = {
  name: flag.text('name', { value: 'NAME', help: 'make a Secret of this name' }),
  namespace: flag.text('namespace', { value: 'NS', help: 'put Secrets and ConfigMaps into a namespace' }),
  type: flag.text('type', { value: 'TYPE', help: 'its type, e.g. kubernetes.io/tls' }),
  fromEnv: flag.list('from-env', {
    value: 'FILE',
    help: 'the variables of a dotenv file, or a map in YAML or JSON',
    offers: 'files',
  }),
  fromFile: flag.list('from-file', {
    value: '[KEY=]FILE',
    help: 'the whole text of a file under a key',
    offers: 'files',
  }),
  fromBinary: flag.list('from-binary', {
    value: '[KEY=]FILE',
    help: 'the bytes of a file under a key',
    offers: 'files',
  }),
  label: flag.list('label', { value: 'K=V', group: 'marks' }),
  annotation: flag.list('annotation', { value: 'K=V', group: 'marks' }),
  dataOnly: flag.yesNo('data-only', 'stringData becomes data, so that behavior merge loses nothing'),
  stringData: flag.yesNo('string-data', 'data that is text becomes stringData'),
  needsHash: flag.yesNo('needs-hash', { group: 'marks' }),
  hash: flag.yesNo('hash', 'append the hash to the names that kustomize would append'),
  behavior: flag.text('behavior', { value: 'WORD', group: 'marks', offers: BEHAVIORS }),
  immutable: flag.yesNo('immutable', { group: 'marks' }),
  yaml11: flag.yesNo('yaml11', 'take unquoted values as YAML 1.1 does (yes: true, 007: 7) instead of refusing them'),
  output: flag.text('output', { value: 'FORM', group: 'printing', offers: FORMS }),
  sort: flag.yesNo('sort', { group: 'printing' }),
  noComments: flag.yesNo('no-comments', { group: 'printing' }),
  verbose: PROGRAM.verbose,
};
type Flags = Values<typeof flags>;

export const kustomizeGenerate = command({
  name: 'kustomize generate',
  task: 'kubernetes',
  summary: 'print manifests from encrypted or plain files, and make Secrets',
  operands: '[file...]',
  examples: [
    'sops-ts kustomize generate secret.enc.yaml | kubectl apply -f -',
    'sops-ts kustomize generate --name app --from-env app.enc.env --from-file tls.key=key.enc.pem --needs-hash',
  ],
  file: 'operand',
  flags,
  async run(given, context) {
    await print(context.streams, await makeManifests(makeRequest(given, context), context.host));
    return 0;
  },
});

/** What the flags ask for. Throws `usage`. */
function makeRequest(given: Flags, { operands, streams }: Context): MakeRequest {
  const { namespace } = given;
  const secret = secretRequest(given);
  if (!secret && operands.length === 0) throw new UsageError('no files, and no Secret to be made (--name)', NAME);
  if (given.dataOnly && given.stringData) throw excluding('data-only', 'string-data');
  if (given.hash && given.needsHash) throw excluding('hash', 'needs-hash');
  if (namespace !== undefined) checkObjectName(namespace, 'the namespace');
  return {
    files: operands,
    secret,
    namespace,
    labels: readPairs(given.label, 'label'),
    annotations: readPairs(given.annotation, 'annotation'),
    marks: {
      needsHash: given.needsHash,
      immutable: given.immutable,
      dataOnly: given.dataOnly,
      behavior: choice(given.behavior, 'behavior', BEHAVIORS),
    },
    stringData: given.stringData,
    hash: given.hash,
    policy: given.yaml11 ? 'yaml11' : 'refuse',
    form: choice(given.output, 'output', FORMS) ?? 'yaml',
    sort: given.sort,
    comments: !given.noComments,
    readStdin: () => readStandardInput(streams, 'the generator'),
  };
}

function secretRequest({ name, type, fromEnv, fromFile, fromBinary }: Flags): NewSecretRequest | undefined {
  const hasContent = fromEnv.length + fromFile.length + fromBinary.length > 0;
  if (name === undefined) {
    if (hasContent || type !== undefined) throw new UsageError('the Secret to be made needs a --name', NAME);
    return undefined;
  }
  if (!hasContent) throw new UsageError('a Secret is made of --from-env, --from-file or --from-binary', NAME);
  return { name, type, fromEnv, fromFile, fromBinary };
}

function excluding(one: string, other: string): UsageError {
  return new UsageError(`--${one} and --${other} exclude each other`, NAME);
}

function choice<T extends string>(text: string | undefined, name: string, words: readonly T[]): T | undefined {
  const found = words.find((word) => word === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(`${JSON.stringify(text)} is none of ${words.join(', ')} for --${name}`, NAME);
  }
  return found;
}
