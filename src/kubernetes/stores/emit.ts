/** `emit`: manifests that point to a store, from the keys of a file and where it is published. No value is ever printed. */
import { SopsError } from '../../errors.js';
import { nameOf } from '../../operations/read/input.js';
import type { Session } from '../../util/host/host.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { printManifests } from '../manifest/print.js';
import { checkDuration, checkedName, checkNamespace } from './checks.js';
import type { Spread } from './cluster-wide.js';
import { type DataFromChoice, dataFromOf, needsStore } from './data-from.js';
import { type PublishedPlace, publishedPlace } from './destination.js';
import {
  CREATION_POLICIES,
  DELETION_POLICIES,
  externalSecretOf,
  type KeyedRemote,
  pushSecretOf,
  REFRESH_POLICIES,
  type StoreReference,
} from './external-secret.js';
import { type FileKey, type KeyedFile, type KeysRequest, readKeyedFiles } from './keyed-file.js';
import type { RemoteReference, SecretShape, StorePlace, StoreProvider } from './provider.js';
import { References } from './references.js';
import { storeNamed } from './registry.js';
import { providerClassOf, secretStoreOf } from './secret-store.js';
import { type PolicyName, Settings, usage } from './settings.js';
import type { Assignment } from './shapes/assignment.js';
import type { TemplateChoice } from './template.js';

/** What flags say about the objects and the store. */
export interface EmitChoice {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** The store's kind; undefined for what the destination rules say. */
  readonly provider: string | undefined;
  /** The name in the store, or what the names begin with; undefined for what the rules say, else the name of the Secret. */
  readonly to: string | undefined;
  readonly layout: SecretShape | undefined;
  /** Whether the store holds the file as `publish` sends it, and not its keys alone. */
  readonly asPublished: boolean;
  /** What describes the store, by flag. */
  readonly settings: ReadonlyMap<string, string>;
  /** Fields of the object by their paths. */
  readonly sets: readonly Assignment[];
  readonly form: 'yaml' | 'json';
}

/** What is asked of all objects that name a store. */
interface NamingRequest extends Omit<KeysRequest, 'asksForBinary'>, EmitChoice {
  readonly store: string | undefined;
  readonly clusterStore: boolean;
  /** Words for `refreshInterval`, `creationPolicy` and so on, by flag. */
  readonly policies: ReadonlyMap<string, string>;
  /** The namespaces that get the object, where it is one of the whole cluster. */
  readonly spread: Spread | undefined;
}

export interface ExternalSecretRequest extends NamingRequest {
  /** Whether a file is read at all: what comes from a store or a generator needs none. */
  readonly hasFile: boolean;
  readonly from: DataFromChoice;
  readonly template: TemplateChoice;
}

const NO_RULE = 'No destination rule sends the file to a store that operators read, either.';

/** The ExternalSecrets of a file, one for each Secret, or one of what a store or a generator has. Throws SopsError. */
export async function emitExternalSecrets(request: ExternalSecretRequest, host: Session): Promise<string> {
  const { from, hasFile } = request;
  const policies = new Settings<PolicyName>('emit', [...request.policies.keys()], request.policies);
  const { files, where } = hasFile ? await readSources(request, host, true) : NO_FILE;
  const roots = files.map((file) => {
    const values = from.extract || !hasFile ? [] : remotesOf(file, where, request);
    const isRead = values.length > 0 || needsStore(from) || request.store !== undefined;
    return externalSecretOf({
      ...identityOf(file, request),
      store: isRead ? storeReference(request) : undefined,
      refreshInterval: intervalOf(policies),
      refreshPolicy: policies.choice('refresh-policy', REFRESH_POLICIES),
      creationPolicy: policies.choice('creation-policy', CREATION_POLICIES) ?? 'Owner',
      deletionPolicy: policies.choice('deletion-policy', DELETION_POLICIES) ?? 'Retain',
      file,
      template: request.template,
      values,
      dataFrom: dataFromOf(from, from.extract ? wholeKey(file, where, request) : undefined),
      spread: request.spread,
      sets: request.sets,
    });
  });
  return printManifests(roots, { form: request.form });
}

/** The name of the secret that is taken as a whole. */
function wholeKey(file: KeyedFile, where: Whereabouts, request: EmitChoice): string {
  if (request.layout === 'per_key') {
    throw new SopsError('conflict', 'Error: cannot use both --extract and --per-key');
  }
  if (where.isDocument && file.isManifest) {
    throw usage('a published manifest is not a map of the values: --extract would make apiVersion and kind keys');
  }
  const place = placeOf(file, where, request);
  return (where.provider?.remoteOf(place, 'key') ?? plainRemote(place, 'key')).key;
}

export interface PushSecretRequest extends NamingRequest {
  /** Sends all keys of the Secret, also those that come later. */
  readonly allKeys: boolean;
}

/** The PushSecrets of a file, one for each Secret. Throws SopsError. */
export async function emitPushSecrets(request: PushSecretRequest, host: Session): Promise<string> {
  const store = storeReference(request);
  const policies = new Settings<PolicyName>('emit', [...request.policies.keys()], request.policies);
  const { files, where } = await readSources({ ...request, asPublished: false }, host, false);
  const roots = files.map((file) => {
    const { name: secret, namespace } = identityOf(file, request);
    const { to, layout } = placeOf(file, where, request);
    return pushSecretOf({
      secret,
      namespace,
      store,
      refreshInterval: intervalOf(policies),
      updatePolicy: policies.choice('update-policy', ['Replace', 'IfNotExists']) ?? 'Replace',
      deletionPolicy: policies.choice('deletion-policy', ['None', 'Delete']) ?? 'None',
      values: request.allKeys ? [] : remotesOf(file, { ...where, isDocument: false }, request),
      allTo: request.allKeys ? (layout === 'per_key' ? '' : to) : undefined,
      spread: request.spread,
      sets: request.sets,
    });
  });
  host.warn(
    'a PushSecret takes over no secret that it did not make: the store must mark it as managed-by external-secrets',
  );
  return printManifests(roots, { form: request.form });
}

export interface StoreRequest extends EmitChoice {
  /** A file whose destination rule describes the store. */
  readonly path: string | undefined;
  readonly configPath: string | undefined;
  readonly clusterStore: boolean;
  readonly namespaces: readonly string[];
}

/** The SecretStore, or ClusterSecretStore, that describes a store. Throws SopsError. */
export async function emitStore(request: StoreRequest, host: Session): Promise<string> {
  const { clusterStore: clusterWide, name } = request;
  if (name === undefined) throw usage('--name is missing: what the store is called in the cluster');
  const published =
    request.path === undefined ? undefined : await publishedPlace(request.path, request.configPath, host);
  const provider = await providerOf(request.provider ?? published?.store);
  if (!provider) throw usage('--provider is missing', NO_RULE);
  const settings = settingsFor(provider, provider.settings, published?.settings, request);
  const namespace = namespaceOf(request.namespace);
  const references = new References(clusterWide, namespace);
  const root = secretStoreOf({
    name: checkedName(name, '--name'),
    namespace,
    clusterWide,
    namespaces: request.namespaces.map((one) => checkNamespace(one, '--allow-namespaces')),
    provider,
    described: provider.storeSpec(settings, references),
    sets: request.sets,
    references,
  });
  return printManifests([root], { form: request.form });
}

export interface ProviderClassRequest extends Omit<NamingRequest, 'store' | 'clusterStore' | 'policies' | 'spread'> {
  /** Makes a Secret of the files, too. */
  readonly sync: boolean;
}

/** The SecretProviderClasses of a file, one for each Secret. Throws SopsError. */
export async function emitProviderClasses(request: ProviderClassRequest, host: Session): Promise<string> {
  const { files, where } = await readSources(request, host, true);
  const { provider, published } = where;
  if (!provider?.mount) {
    throw provider
      ? usage(`the CSI driver has no provider for a store of ${provider.name}`)
      : usage('--provider is missing', NO_RULE);
  }
  const settings = settingsFor(provider, provider.mountSettings, published, request);
  const roots = files.map((file) => {
    if (where.isDocument && file.isManifest) {
      throw usage('the CSI driver cannot take a published manifest apart', 'Publish a file of values, e.g. dotenv.');
    }
    const values = remotesOf(file, where, request).map(({ key, ...rest }) => ({ file: key, ...rest }));
    const encoded = provider.mountDecodes ? undefined : values.find(({ isBase64 }) => isBase64);
    if (encoded) host.warn(`the file ${encoded.file} will hold base64, which the provider does not decode`);
    const place = placeOf(file, where, request);
    const mount = provider.mount?.(values, settings, place);
    if (!mount || values.length === 0) throw usage('the file holds no key, so there is nothing to mount');
    const parameters = withParameters(mount.parameters, provider.mountParameters, request.sets);
    const made = { ...mount, parameters };
    return providerClassOf({ ...identityOf(file, request), mount: made, sync: request.sync ? file : undefined });
  });
  return printManifests(roots, { form: request.form });
}

/** Parameters of the driver's provider are texts, of which it passes over those that it does not know. */
function withParameters(
  parameters: ReadonlyMap<string, string>,
  known: readonly string[],
  sets: readonly Assignment[],
): ReadonlyMap<string, string> {
  const foreign = sets.find(({ path }) => !known.includes(path.join('.')));
  if (foreign) {
    const name = foreign.path.join('.');
    throw usage(`--set ${name}: there is no such parameter, or it has a flag`, `There are ${known.join(', ')}.`);
  }
  return new Map([...parameters, ...sets.map(({ path, text }) => [path.join('.'), text] as const)]);
}

/** Where the values are. */
interface Whereabouts {
  readonly provider: StoreProvider | undefined;
  /** The name that the destination rule gives. */
  readonly to: string | undefined;
  /** What the rule says of the store, by flag. */
  readonly published: ReadonlyMap<string, string> | undefined;
  /** As the destination rule has it. */
  readonly layout: SecretShape | undefined;
  /** Whether the store holds the whole document. */
  readonly isDocument: boolean;
}

const NOTHING: KeyedFile = {
  described: '--name',
  name: undefined,
  namespace: undefined,
  type: undefined,
  immutable: false,
  labels: new Map(),
  annotations: new Map(),
  keys: [],
  isManifest: false,
};
/** What an object is made of that no file is read for. */
const NO_FILE: { readonly files: readonly KeyedFile[]; readonly where: Whereabouts } = {
  files: [NOTHING],
  where: { provider: undefined, to: undefined, layout: undefined, published: undefined, isDocument: false },
};

async function readSources(
  request: Omit<NamingRequest, 'store' | 'clusterStore' | 'policies' | 'spread'>,
  host: Session,
  asksForBinary: boolean,
): Promise<{ files: KeyedFile[]; where: Whereabouts }> {
  const path = nameOf(request);
  const place = request.to === undefined && path !== undefined ? await placeByRule(path, request, host) : undefined;
  if (request.asPublished && request.layout === 'per_key') {
    throw new SopsError('conflict', 'Error: cannot use both --as-published and --per-key');
  }
  const provider = await providerOf(request.provider ?? place?.store);
  const isDocument = request.asPublished || (place?.isDocument ?? false);
  const where = { provider, to: place?.to, layout: place?.layout, published: place?.settings, isDocument };
  const files = await readKeyedFiles({ ...request, asksForBinary: asksForBinary && !isDocument }, host);
  if (files.length > 1 && (request.name !== undefined || request.to !== undefined || place || isDocument)) {
    throw new SopsError('conflict', `the file holds ${files.length} Secrets, and one place cannot hold them all`, {
      ...(path === undefined ? {} : { file: path }),
      hint: 'Split the file, or leave out --name and --to: each Secret then has a place of its own name.',
    });
  }
  return { files, where };
}

async function providerOf(name: string | undefined): Promise<StoreProvider | undefined> {
  return name === undefined ? undefined : storeNamed(name).load();
}

/** Flags win over the rule; what the rule says and this use does not need is passed over. */
function settingsFor(
  provider: StoreProvider,
  known: readonly string[],
  published: ReadonlyMap<string, string> | undefined,
  { settings, sets }: EmitChoice,
): Settings {
  const fromRule = [...(published ?? [])].filter(([name]) => known.includes(name));
  return new Settings(provider.name, known, new Map([...fromRule, ...settings]), sets);
}

function identityOf(file: KeyedFile, request: EmitChoice): { name: string; namespace: string | undefined } {
  const name = request.name ?? file.name;
  if (name === undefined) throw usage('--name is missing: the file does not say how the Secret is called');
  if (file.namespace !== undefined && request.namespace !== undefined && file.namespace !== request.namespace) {
    throw new SopsError('conflict', `namespace mismatch: ${file.described} is not in "${request.namespace}"`);
  }
  return { name: checkedName(name, 'the name'), namespace: namespaceOf(file.namespace ?? request.namespace) };
}

function namespaceOf(namespace: string | undefined): string | undefined {
  return namespace === undefined ? undefined : checkNamespace(namespace, '--namespace');
}

/** What the destination rule says, where it is of the store that is meant. Throws `usage` where flags say otherwise. */
async function placeByRule(
  path: string,
  { provider, layout, configPath }: Pick<EmitChoice, 'provider' | 'layout'> & Pick<KeysRequest, 'configPath'>,
  host: Session,
): Promise<PublishedPlace | undefined> {
  const place = await publishedPlace(path, configPath, host);
  const isMeant = provider === undefined || (storeNamed(provider).publishedAs ?? provider) === place?.store;
  if (!place || !isMeant) return undefined;
  if (layout === undefined || layout === place.layout) return place;
  const what =
    place.layout === 'per_key' ? 'publish sends a secret for each key' : 'publish sends one secret for a file';
  throw usage(
    `${what}: ${layout === 'per_key' ? '--per-key' : '--one-secret'} needs --to`,
    'The destination rule says where it goes.',
  );
}

function placeOf(file: KeyedFile, where: Whereabouts, request: EmitChoice): StorePlace {
  const to = request.to ?? where.to ?? identityOf(file, request).name;
  return { to, layout: request.layout ?? where.layout ?? 'json' };
}

function remotesOf(file: KeyedFile, where: Whereabouts, request: EmitChoice): KeyedRemote[] {
  const place = placeOf(file, where, request);
  const values = file.keys.map((key): KeyedRemote => {
    // As it is published: of a file that is one text the key is not that of the Secret.
    const name = where.layout === undefined || where.isDocument ? key.key : (key.path.at(-1) ?? key.key);
    const remote = where.provider?.remoteOf(place, name) ?? plainRemote(place, name);
    if (!where.isDocument || place.layout === 'per_key') {
      return { key: key.key, remote, isBase64: key.isBinary && !where.provider?.holdsBytes };
    }
    return { key: key.key, ...documentMember(file, key, remote) };
  });
  const names = values.map(({ remote }) => `${remote.key}\0${remote.property ?? ''}`);
  const twice = values.find((_, at) => names.indexOf(names[at] ?? '') !== at);
  if (!twice) return values;
  throw usage(`two keys would have the name ${twice.remote.key} in the store, one of them ${twice.key}`);
}

/** A value within a published document: those of a Secret stand below `data`, in base64, or `stringData`. */
function documentMember(
  file: KeyedFile,
  key: FileKey,
  { key: name }: RemoteReference,
): Pick<KeyedRemote, 'remote' | 'isBase64'> {
  if (!file.isManifest) {
    return { remote: { key: name, property: key.path.join('.') }, isBase64: key.isBinary };
  }
  const property = key.path.map((part) => part.replaceAll('.', '\\.')).join('.');
  return { remote: { key: name, property }, isBase64: key.path[0] === 'data' };
}

/** For a store whose kind is not known: a name, and a member of it or a path below it. */
function plainRemote({ to, layout }: StorePlace, key: string): RemoteReference {
  const name = withoutTrailing(to, '/');
  if (name === '') throw usage('--to must be the name of a secret');
  return layout !== 'per_key' ? { key: name, property: key } : { key: `${name}/${key}`, property: undefined };
}

function storeReference({ store, clusterStore }: NamingRequest): StoreReference {
  if (store === undefined) throw usage('--store is missing: the name of the SecretStore');
  return { name: checkedName(store, '--store'), kind: clusterStore ? 'ClusterSecretStore' : 'SecretStore' };
}

function intervalOf(policies: Settings<PolicyName>): string {
  return checkDuration(policies.text('refresh-interval') ?? '1h0m0s', '--refresh-interval');
}
