/** `emit external-secret`, `emit push-secret`, `emit secret-store`, `emit secret-provider-class`: from flags to manifests. */
import { SopsError } from '../../errors.js';
import { formFor } from '../../kubernetes/sealed-secrets/print.js';
import {
  type EmitChoice,
  type EmitRequest,
  emitExternalSecrets,
  emitProviderClasses,
  emitPushSecrets,
  emitSecretStore,
  type ProviderClassRequest,
} from '../../kubernetes/stores/emit.js';
import type { FlagValues } from '../flag-values.js';
import { STORE_SETTINGS } from '../flags.js';
import { writeAll } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { readingFlags, singleInput } from './sealing-flags.js';

const POLICIES = ['refresh-interval', 'refresh-policy', 'creation-policy', 'deletion-policy', 'update-policy'];

export const emitExternalSecret: Command = printing((invocation) =>
  emitExternalSecrets(emitRequest(invocation, 'emit external-secret'), invocation.host),
);

export const emitPushSecret: Command = printing((invocation) =>
  emitPushSecrets(emitRequest(invocation, 'emit push-secret'), invocation.host),
);

export const emitStore: Command = printing((invocation) => {
  const { values, operands, host } = invocation;
  const input = operands.length === 0 ? undefined : singleInput(invocation, 'emit secret-store');
  return emitSecretStore(
    {
      ...choiceOf(values),
      path: input?.kind === 'file' ? input.path : undefined,
      configPath: values.text('config'),
      clusterStore: values.isOn('cluster-store'),
      namespaces: wordsOf(values, 'allow-namespaces'),
    },
    host,
  );
});

export const emitProviderClass: Command = printing((invocation) => {
  const sync = invocation.values.isOn('sync');
  return emitProviderClasses({ ...fileRequest(invocation, 'emit secret-provider-class'), sync }, invocation.host);
});

function printing(make: (invocation: Invocation) => Promise<string>): Command {
  return {
    async run(invocation) {
      await writeAll(invocation.streams.stdout, await make(invocation));
      return 0;
    },
  };
}

function emitRequest(invocation: Invocation, command: string): EmitRequest {
  const { values } = invocation;
  return {
    ...fileRequest(invocation, command),
    store: values.text('store'),
    clusterStore: values.isOn('cluster-store'),
    policies: textsOf(values, POLICIES),
  };
}

function fileRequest(invocation: Invocation, command: string): Omit<ProviderClassRequest, 'sync'> {
  const { values } = invocation;
  const binaryKeys = wordsOf(values, 'base64');
  return {
    ...choiceOf(values),
    input: singleInput(invocation, command),
    binaryKeys: binaryKeys.length > 0 || values.isOn('no-decrypt') ? binaryKeys : undefined,
    ...readingFlags(invocation),
  };
}

function choiceOf(values: FlagValues): EmitChoice {
  const [one, each] = [values.isOn('one-secret'), values.isOn('per-key')];
  if (one && each) throw new SopsError('conflict', 'Error: cannot use both --one-secret and --per-key');
  return {
    name: values.text('name'),
    namespace: values.text('namespace'),
    provider: values.text('provider'),
    to: values.text('to'),
    layout: each ? 'per_key' : one ? 'json' : undefined,
    asPublished: values.isOn('as-published'),
    settings: textsOf(values, STORE_SETTINGS),
    form: formFor(values.text('format'), undefined),
  };
}

function textsOf(values: FlagValues, names: readonly string[]): Map<string, string> {
  return new Map(
    names.flatMap((name) => {
      const text = values.text(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The words of a flag that is given several times or holds commas. */
function wordsOf(values: FlagValues, name: string): string[] {
  return values.list(name).flatMap((text) => text.split(',').filter((word) => word !== ''));
}
