/** `kustomize generate`: from flags to the operation. */
import { type MakeRequest, makeManifests, type SecretRequest } from '../../kubernetes/kustomize/make.js';
import { checkName, readPairs } from '../../kubernetes/kustomize/names.js';
import { BEHAVIORS } from '../../kubernetes/kustomize/plan.js';
import type { OutputForm } from '../../kubernetes/manifest/print.js';
import type { FlagValues } from '../flag-values.js';
import { print, readStandardInput } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';

const NAME = 'kustomize generate';
const FORMS: readonly OutputForm[] = ['yaml', 'json', 'list', 'resourcelist'];

export const kustomizeGenerate: Command = {
  async run(invocation) {
    await print(invocation.streams, await makeManifests(makeRequest(invocation), invocation.host));
    return 0;
  },
};

/** What the flags ask for. Throws `usage`. */
export function makeRequest({ values, operands, streams }: Invocation): MakeRequest {
  const secret = secretRequest(values);
  if (!secret && operands.length === 0) throw new UsageError('no files, and no Secret to be made (--name)', NAME);
  refuseBoth(values, 'data-only', 'string-data');
  refuseBoth(values, 'hash', 'needs-hash');
  const namespace = values.text('namespace');
  if (namespace !== undefined) checkName(namespace, 'the namespace');
  return {
    files: operands,
    secret,
    namespace,
    labels: readPairs(values.list('label'), 'label'),
    annotations: readPairs(values.list('annotation'), 'annotation'),
    marks: {
      needsHash: values.isOn('needs-hash'),
      immutable: values.isOn('immutable'),
      dataOnly: values.isOn('data-only'),
      behavior: choice(values, 'behavior', BEHAVIORS),
    },
    stringData: values.isOn('string-data'),
    hash: values.isOn('hash'),
    policy: values.isOn('yaml11') ? 'yaml11' : 'refuse',
    form: choice(values, 'output', FORMS) ?? 'yaml',
    sort: values.isOn('sort'),
    comments: !values.isOn('no-comments'),
    readStdin: () => readStandardInput(streams, 'the generator'),
  };
}

function secretRequest(values: FlagValues): SecretRequest | undefined {
  const name = values.text('name');
  const [fromEnv = [], fromFile = [], fromBinary = []] = ['from-env', 'from-file', 'from-binary'].map((flag) =>
    values.list(flag),
  );
  const type = values.text('type');
  const hasContent = fromEnv.length + fromFile.length + fromBinary.length > 0;
  if (name === undefined) {
    if (hasContent || type !== undefined) throw new UsageError('the Secret to be made needs a --name', NAME);
    return undefined;
  }
  if (!hasContent) throw new UsageError('a Secret is made of --from-env, --from-file or --from-binary', NAME);
  return { name, type, fromEnv, fromFile, fromBinary };
}

function refuseBoth(values: FlagValues, one: string, other: string): void {
  if (values.isOn(one) && values.isOn(other)) throw new UsageError(`--${one} and --${other} exclude each other`, NAME);
}

function choice<T extends string>(values: FlagValues, flag: string, words: readonly T[]): T | undefined {
  const text = values.text(flag);
  const found = words.find((word) => word === text);
  if (text !== undefined && found === undefined) {
    throw new UsageError(`${JSON.stringify(text)} is none of ${words.join(', ')} for --${flag}`, NAME);
  }
  return found;
}
