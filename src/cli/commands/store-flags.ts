/** The flags of the commands that print manifests for secret stores, and what they ask for. */
import { SopsError } from '../../errors.js';
import { formFor } from '../../kubernetes/sealed-secrets/print.js';
import type { Spread } from '../../kubernetes/stores/cluster-wide.js';
import type { EmitChoice, ProviderClassRequest } from '../../kubernetes/stores/emit.js';
import { STORES } from '../../kubernetes/stores/registry.js';
import type { PolicyName, SettingName } from '../../kubernetes/stores/settings.js';
import { parseAssignment } from '../../kubernetes/stores/shapes/assignment.js';
import { type FlagText, flag, type Values } from '../words/flag.js';
import type { Context } from './command.js';
import { briefConfigFlag, formatFlag, namespaceFlag, readingFlags, readingOf, singleInput } from './sealing-flags.js';
import { generalFlags, keyServiceFlags, separateWords } from './shared-flags.js';

type NamedSettings = readonly (readonly [name: SettingName, value: string])[];

/** What describes a store, by the names that src/kubernetes/stores has for it, with what stands for the value in help. */
const MOUNT_SETTINGS = [
  ['server', 'URL'],
  ['mount', 'PATH'],
  ['kv-version', '1|2'],
  ['vault-namespace', 'NS'],
  ['auth-mount', 'PATH'],
  ['role', 'ROLE'],
  ['region', 'REGION'],
  ['prefix', 'TEXT'],
  ['project', 'ID'],
  ['location', 'PLACE'],
  ['vault-url', 'URL'],
  ['tenant', 'ID'],
  ['client-id', 'ID'],
  ['environment', 'CLOUD'],
  ['auth', 'METHOD'],
  ['authority', 'CONFIGMAP[/KEY]'],
] as const satisfies NamedSettings;
/** Mounting needs none of these. */
const LOGIN_SETTINGS = [
  ['username', 'NAME'],
  ['credentials', 'SECRET[/KEY]'],
  ['service-account', 'NAME'],
  ['cluster-name', 'NAME'],
  ['cluster-location', 'PLACE'],
  ['remote-namespace', 'NS'],
] as const satisfies NamedSettings;

type Setting = (typeof MOUNT_SETTINGS | typeof LOGIN_SETTINGS)[number];

const settingFlags = (settings: readonly Setting[]) =>
  flag.each(settings, ([name, value]) => [[name, flag.text(name, { value, group: 'store' })]]);

export const mountSettings = settingFlags(MOUNT_SETTINGS);
export const storeSettings = settingFlags([...MOUNT_SETTINGS, ...LOGIN_SETTINGS]);

export const nameFlags = {
  name: flag.text('name', { value: 'NAME', help: 'the name of the object' }),
  ...namespaceFlag,
  ...formatFlag,
};

const storeFlag = { store: flag.text('store', { value: 'NAME', group: 'place' }) };

export const clusterStoreFlag = { clusterStore: flag.yesNo('cluster-store', 'it is a ClusterSecretStore') };

const provider = (group: 'place' | 'store') =>
  flag.text('provider', { value: 'STORE', group, offers: STORES.map((row) => row.name) });

/** Fields that have no flag of their own. */
export const setFlag = {
  set: flag.list('set', { value: 'PATH=VALUE', group: 'policies' }),
};

/** For an object of the whole cluster, which makes others. */
export const spreadFlags = {
  clusterWide: flag.yesNo('cluster-wide', { group: 'spread' }),
  namespaces: flag.list('namespaces', { value: 'NAMES', group: 'spread' }),
  namespaceLabels: flag.list('namespace-labels', { value: 'KEY=VALUE', group: 'spread' }),
};

/** The namespaces that get the object; undefined for an object of one namespace. Throws `conflict`. */
export function spreadOf({ clusterWide, namespaces, namespaceLabels }: Values<typeof spreadFlags>): Spread | undefined {
  if (clusterWide) return { namespaces: separateWords(namespaces), labels: separateWords(namespaceLabels) };
  if (namespaces.length + namespaceLabels.length === 0) return undefined;
  throw new SopsError('conflict', 'Error: --namespaces and --namespace-labels belong to --cluster-wide');
}

/** A store that is described, instead of found. */
export const storeProviderFlag = { provider: provider('store') };

/** Where in the store the values are. */
export const placeFlags = {
  provider: provider('place'),
  to: flag.text('to', { value: 'KEY', group: 'place' }),
  oneSecret: flag.yesNo('one-secret', { group: 'place' }),
  perKey: flag.yesNo('per-key', { group: 'place' }),
};

/** How an object is made that names a store of the cluster, and the values in it. */
export const referenceFlags = {
  ...nameFlags,
  ...storeFlag,
  clusterStore: flag.yesNo('cluster-store', { group: 'place' }),
  ...placeFlags,
};

/** How the values stand there. */
export const publishedFlags = {
  asPublished: flag.yesNo('as-published', { group: 'place' }),
  base64: flag.list('base64', { value: 'KEYS', group: 'place' }),
  noDecrypt: flag.yesNo('no-decrypt', { group: 'place' }),
};

/** Policies by name, with the words that the operator has for them. */
export const policyFlags = (policies: readonly (readonly [PolicyName, (readonly string[])?])[]) =>
  flag.each(policies, ([name, offers]) => {
    const text: FlagText = offers ? { value: 'WORD', group: 'policies', offers } : { value: 'TIME', group: 'policies' };
    return [[name, flag.text(name, text)]];
  });

export const DELETION_POLICY = ['deletion-policy', ['Retain', 'Delete', 'Merge', 'None']] as const;
export const REFRESH_INTERVAL = ['refresh-interval'] as const;

/** The last flags of what reads the keys of a file. */
export const fileFlags = { ...readingFlags, ...briefConfigFlag, ...generalFlags };

const always = { ...keyServiceFlags, ...nameFlags, ...placeFlags, ...fileFlags };
const sometimes = { ...publishedFlags, ...setFlag, settings: storeSettings };
type FileFlags = Values<typeof always> & Partial<Values<typeof sometimes>>;

/** What is asked of the keys of a file; `name` is the command's. Throws `usage` and `conflict`. */
export function fileRequest(given: FileFlags, context: Context, name: string): Omit<ProviderClassRequest, 'sync'> {
  const { noDecrypt = false } = given;
  const binaryKeys = separateWords(given.base64 ?? []);
  return {
    ...storeChoice(given),
    input: singleInput(context, name),
    binaryKeys: binaryKeys.length > 0 || noDecrypt ? binaryKeys : undefined,
    ...readingOf(given, context),
  };
}

type ChoiceFlags = Values<typeof nameFlags> &
  Pick<FileFlags, 'provider'> &
  Partial<Pick<FileFlags, 'to' | 'oneSecret' | 'perKey' | 'asPublished' | 'settings' | 'set'>>;

/** Which store, and where in it. Throws `conflict`. */
export function storeChoice(given: ChoiceFlags): EmitChoice {
  const { oneSecret = false, perKey = false } = given;
  if (oneSecret && perKey) throw new SopsError('conflict', 'Error: cannot use both --one-secret and --per-key');
  return {
    name: given.name,
    namespace: given.namespace,
    provider: given.provider,
    to: given.to,
    layout: perKey ? 'per_key' : oneSecret ? 'json' : undefined,
    asPublished: given.asPublished ?? false,
    settings: given.settings ?? new Map(),
    sets: (given.set ?? []).map(parseAssignment),
    form: formFor(given.format, undefined),
  };
}
