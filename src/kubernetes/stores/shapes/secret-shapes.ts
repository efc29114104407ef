/** ExternalSecrets, `external-secrets.io/v1`, and PushSecrets, `v1alpha1`, and their forms for the whole cluster: what stands in `spec`. */
import { type Branch, itemOf } from '../../../tree/tree.js';
import { isDuration } from '../checks.js';
import { SELECTOR, SOME_TEXT } from './common-shapes.js';
import { bounded, countOf, group, listOf, ONE, type ShapeRule } from './shape.js';

function textAt(of: Branch, name: string): string | undefined {
  const value = itemOf(of, name)?.value;
  return value?.kind === 'leaf' && typeof value.value === 'string' ? value.value : undefined;
}

/** Go's durations, in a field that the definitions have as any text. */
const durationIn = (name: string): ShapeRule => ({
  says: `${name} is not a duration like 1h30m0s`,
  holds: (spec) => {
    const text = textAt(spec, name);
    return text === undefined || isDuration(text);
  },
});

const CONVERSIONS = ['Default', 'Unicode'];

const DECODINGS = ['Auto', 'Base64', 'Base64URL', 'None'];

const METADATA_POLICIES = ['None', 'Fetch'];

const NULL_BYTES = ['Ignore', 'Fail'];

const REMOTE = group({
  conversionStrategy: CONVERSIONS,
  decodingStrategy: DECODINGS,
  'key!': 'text',
  metadataPolicy: METADATA_POLICIES,
  nullBytePolicy: NULL_BYTES,
  property: 'text',
  version: 'text',
});

const STORE_KINDS = ['SecretStore', 'ClusterSecretStore'];

const STORE_NAME = group({ kind: STORE_KINDS, name: 'name' });

export const GENERATOR_KINDS = [
  'ACRAccessToken',
  'BeyondtrustWorkloadCredentialsDynamicSecret',
  'ClusterGenerator',
  'CloudsmithAccessToken',
  'ECRAuthorizationToken',
  'Fake',
  'GCRAccessToken',
  'GithubAccessToken',
  'GitlabDeployToken',
  'QuayAccessToken',
  'Password',
  'SSHKey',
  'STSSessionToken',
  'UUID',
  'VaultDynamicSecret',
  'Webhook',
  'Grafana',
  'MFA',
];

const GENERATOR = group({ apiVersion: 'text', 'kind!': GENERATOR_KINDS, 'name!': 'name' });

const SOURCE = group({ generatorRef: GENERATOR, storeRef: STORE_NAME }, ONE);

const REWRITE = group(
  {
    merge: group({
      conflictPolicy: ['Ignore', 'Error'],
      into: 'text',
      priority: 'texts',
      priorityPolicy: ['IgnoreNotFound', 'Strict'],
      strategy: ['Extract', 'JSON'],
    }),
    regexp: group({ 'source!': 'text', 'target!': 'text' }),
    transform: group({ 'template!': 'text' }),
  },
  ONE,
);

const TEMPLATE_ITEMS = group({
  'items!': listOf(group({ 'key!': 'key', templateAs: ['Values', 'KeysAndValues'] })),
  'name!': 'name',
});

const TEMPLATE_SOURCE = group({
  configMap: TEMPLATE_ITEMS,
  literal: 'text',
  secret: TEMPLATE_ITEMS,
  target: 'text',
  valuesDecodingStrategy: DECODINGS,
});

const OBJECT_METADATA = group({ annotations: 'textMap', labels: 'textMap' });

const TEMPLATE = group({
  data: 'textMap',
  engineVersion: ['v2'],
  mergePolicy: ['Replace', 'Merge'],
  metadata: group({ annotations: 'textMap', finalizers: 'texts', labels: 'textMap' }),
  templateFrom: listOf(TEMPLATE_SOURCE),
  type: 'text',
});

const ONE_SOURCE: ShapeRule = {
  says: 'exactly one of extract, find and sourceRef is needed',
  holds: (entry) => countOf(entry, 'extract', 'find', 'sourceRef') === 1,
};

/** A line of cron, or a word for one. */
const SCHEDULE = bounded(
  'text',
  'minLength 1, pattern ^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every [^\\s]+.*|[^\\s]+( [^\\s]+){4})$',
  'a schedule of cron, e.g. 0 3 * * *',
  (text) => {
    const words = String(text).split(' ');
    if (words[0] === '@every') return words.length > 1 && words[1] !== '';
    if (words.length === 1) return /^@(?:annually|yearly|monthly|weekly|daily|midnight|hourly)$/.test(String(text));
    return words.length === 5 && words.every((word) => /^\S+$/.test(word));
  },
);

const SENSIBLE_POLICIES: ShapeRule = {
  says: 'the deletionPolicy Delete needs a creationPolicy that owns the Secret, and Merge one that makes or finds it',
  holds: (target) => {
    const [deletion, creation = 'Owner'] = ['deletionPolicy', 'creationPolicy'].map((name) => textAt(target, name));
    if (deletion === 'Delete') return !['Merge', 'None', 'CreateOrMerge'].includes(creation);
    return deletion !== 'Merge' || creation !== 'None';
  },
};

const SOME_DATA: ShapeRule = {
  says: 'data or dataFrom is needed',
  holds: (spec) => countOf(spec, 'data', 'dataFrom') > 0,
};

export const EXTERNAL_SECRET = group(
  {
    data: listOf(group({ 'remoteRef!': REMOTE, 'secretKey!': 'key', sourceRef: SOURCE })),
    dataFrom: listOf(
      group(
        {
          extract: REMOTE,
          find: group({
            conversionStrategy: CONVERSIONS,
            decodingStrategy: DECODINGS,
            name: group({ regexp: 'text' }),
            nullBytePolicy: NULL_BYTES,
            path: 'text',
            tags: 'textMap',
          }),
          rewrite: listOf(REWRITE),
          sourceRef: SOURCE,
        },
        ONE_SOURCE,
      ),
    ),
    refreshInterval: 'text',
    refreshPolicy: ['CreatedOnce', 'Periodic', 'OnChange'],
    secretStoreRef: STORE_NAME,
    syncWindows: group({
      'kind!': ['allow', 'deny'],
      'windows!': listOf(group({ 'duration!': 'text', 'schedule!': SCHEDULE }), 1),
    }),
    target: group(
      {
        creationPolicy: ['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge'],
        deletionPolicy: ['Delete', 'Merge', 'Retain'],
        immutable: 'flag',
        manifest: group({ 'apiVersion!': SOME_TEXT, 'kind!': SOME_TEXT }),
        name: 'name',
        template: TEMPLATE,
      },
      SENSIBLE_POLICIES,
    ),
  },
  SOME_DATA,
  durationIn('refreshInterval'),
);

export const CLUSTER_EXTERNAL_SECRET = group(
  {
    externalSecretMetadata: OBJECT_METADATA,
    externalSecretName: 'name',
    'externalSecretSpec!': EXTERNAL_SECRET,
    namespaceSelector: SELECTOR,
    namespaceSelectors: listOf(SELECTOR),
    namespaces: listOf('namespace'),
    refreshTime: 'text',
  },
  durationIn('refreshTime'),
);

const PUSH_STORE = group({ kind: STORE_KINDS, labelSelector: SELECTOR, name: 'name' });

const PUSH_CONVERSIONS = ['None', 'ReverseUnicode'];

const ONE_REWRITING: ShapeRule = {
  says: 'exactly one of regexp and transform is needed',
  holds: (entry) => countOf(entry, 'regexp', 'transform') === 1,
};

const PUSH_REWRITE = group(
  { regexp: group({ 'source!': 'text', 'target!': 'text' }), transform: group({ 'template!': 'text' }) },
  ONE_REWRITING,
);

const NAMED_STORE: ShapeRule = {
  says: 'storeRef has to give a name or a labelSelector',
  holds: (entry) => {
    const store = itemOf(entry, 'storeRef')?.value;
    return store?.kind === 'branch' && countOf(store, 'name', 'labelSelector') > 0;
  },
};
const ONE_WAY: ShapeRule = {
  says: 'remoteKey and rewrite exclude each other',
  holds: (entry) => {
    const rewrite = itemOf(entry, 'rewrite')?.value;
    return countOf(entry, 'remoteKey') === 0 || rewrite?.kind !== 'list' || rewrite.items.length === 0;
  },
};

const DATA_TO = group(
  {
    conversionStrategy: PUSH_CONVERSIONS,
    match: group({ regexp: 'text' }),
    metadata: 'any',
    remoteKey: 'text',
    rewrite: listOf(PUSH_REWRITE),
    storeRef: PUSH_STORE,
  },
  NAMED_STORE,
  ONE_WAY,
);

export const PUSH_SECRET = group(
  {
    data: listOf(
      group({
        conversionStrategy: PUSH_CONVERSIONS,
        'match!': group({ 'remoteRef!': group({ property: 'text', 'remoteKey!': 'text' }), secretKey: 'text' }),
        metadata: 'any',
      }),
    ),
    dataTo: listOf(DATA_TO),
    deletionPolicy: ['Delete', 'None'],
    refreshInterval: 'text',
    'secretStoreRefs!': listOf(PUSH_STORE),
    'selector!': group({ generatorRef: GENERATOR, secret: group({ name: 'name', selector: SELECTOR }) }, ONE),
    template: TEMPLATE,
    updatePolicy: ['Replace', 'IfNotExists'],
  },
  durationIn('refreshInterval'),
);

export const CLUSTER_PUSH_SECRET = group(
  {
    namespaceSelectors: listOf(SELECTOR),
    pushSecretMetadata: OBJECT_METADATA,
    pushSecretName: 'name',
    'pushSecretSpec!': PUSH_SECRET,
    refreshTime: 'text',
  },
  durationIn('refreshTime'),
);
