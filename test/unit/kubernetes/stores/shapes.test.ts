/** The shapes of what is emitted are the operator's definitions, field by field; and what does not fit them is found. */
import { describe, expect } from 'vitest';
import { readJson } from '../../../../src/formats/json/read.js';
import { GENERATORS } from '../../../../src/kubernetes/stores/shapes/generator-shapes.js';
import {
  CLUSTER_EXTERNAL_SECRET,
  CLUSTER_PUSH_SECRET,
  EXTERNAL_SECRET,
  GENERATOR_KINDS,
  PUSH_SECRET,
} from '../../../../src/kubernetes/stores/shapes/secret-shapes.js';
import { isWords, problemsOf, type Shape } from '../../../../src/kubernetes/stores/shapes/shape.js';
import { storeShape } from '../../../../src/kubernetes/stores/shapes/store-shapes.js';
import { DEFINITIONS, definitionProblems, isEvaluated, rulesIn, type Schema } from '../../../support/crds.js';
import { PROVIDERS } from '../../../support/store-providers.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(2);

const STORE = storeShape(PROVIDERS);
const SHAPES: Readonly<Record<string, Shape>> = {
  SecretStore: STORE,
  ClusterSecretStore: STORE,
  ExternalSecret: EXTERNAL_SECRET,
  ClusterExternalSecret: CLUSTER_EXTERNAL_SECRET,
  PushSecret: PUSH_SECRET,
  ClusterPushSecret: CLUSTER_PUSH_SECRET,
  ...GENERATORS,
};
/** Objects that stand whole in others. */
const WHOLE = ['externalSecretSpec', 'pushSecretSpec'];
const NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const PATTERNS: Readonly<Record<string, string>> = {
  [NAME]: 'name',
  '^[-._a-zA-Z0-9]+$': 'key',
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$': 'namespace',
};

/** The fields of a shape, a line each: where, what, whether it is needed. */
function linesOfShape(shape: Shape, at: string, mark = ''): string[] {
  if (typeof shape === 'string') return [`${at}${mark}: ${shape === 'texts' ? 'text list' : shape}`];
  if (isWords(shape)) return [`${at}${mark}: ${shape.toSorted().join('|')}`];
  if (shape.kind === 'bounded') return [`${at}${mark}: ${shape.of} ${shape.bounds}`];
  if (shape.kind === 'mapOf') return linesOfShape(shape.of, `${at}{}`, mark);
  if (shape.kind === 'listOf') {
    const least = shape.least > 0 ? ` least ${shape.least}` : '';
    const of = linesOfShape(shape.of, `${at}[]`, mark);
    return shape.of === 'text' ? [`${at}${mark}: text list`] : [...(least ? [`${at}${least}`] : []), ...of];
  }
  const inner = [...shape.fields].flatMap(([name, { shape: one, isNeeded }]) =>
    WHOLE.includes(name) ? [] : linesOfShape(one, `${at}.${name}`, isNeeded ? '!' : ''),
  );
  return [`${at}${mark}: group${shape.isChoice ? ' one' : ''}`, ...inner];
}

const BOUNDS = ['maxLength', 'maximum', 'minLength', 'minimum', 'pattern'] as const;

function boundsOf(schema: Schema): string {
  const bounds = BOUNDS.flatMap((name) => (schema[name] === undefined ? [] : [`${name} ${schema[name]}`]));
  return bounds.length === 0 ? '' : ` ${bounds.join(', ')}`;
}

function linesOfSchema(schema: Schema, at: string, mark = ''): string[] {
  const { type, properties, items, required = [], additionalProperties } = schema;
  if (schema['x-kubernetes-int-or-string']) return [`${at}${mark}: any`];
  if (schema.enum) return [`${at}${mark}: ${schema.enum.toSorted().join('|')}`];
  if (type === 'string') return [`${at}${mark}: ${PATTERNS[schema.pattern ?? ''] ?? `text${boundsOf(schema)}`}`];
  if (type === 'boolean') return [`${at}${mark}: flag`];
  if (type === 'integer' || type === 'number') return [`${at}${mark}: whole${boundsOf(schema)}`];
  if (type === 'array' && items) {
    const of = linesOfSchema(items, `${at}[]`, mark);
    if (of.length === 1 && of[0]?.endsWith(': text')) return [`${at}${mark}: text list`];
    return [...(schema.minItems ? [`${at} least ${schema.minItems}`] : []), ...of];
  }
  if (properties) {
    const inner = Object.entries(properties).flatMap(([name, one]) =>
      WHOLE.includes(name)
        ? []
        : linesOfSchema(one, `${at}.${name}`, required.includes(name) && one.default === undefined ? '!' : ''),
    );
    return [`${at}${mark}: group${schema.maxProperties === 1 ? ' one' : ''}`, ...inner];
  }
  if (typeof additionalProperties === 'object') {
    const of = linesOfSchema(additionalProperties, `${at}{}`, mark);
    return of[0]?.endsWith('}: text') ? [`${at}${mark}: textMap`] : of;
  }
  return [`${at}${mark}: any`];
}

test('there is a shape for every definition', () => {
  expect([...DEFINITIONS.keys()].filter((kind) => kind !== 'ClusterGenerator').toSorted()).toEqual(
    Object.keys(SHAPES).toSorted(),
  );
  expect([...GENERATOR_KINDS].filter((kind) => kind !== 'ClusterGenerator').toSorted()).toEqual(
    Object.keys(GENERATORS).toSorted(),
  );
});

test.each(Object.keys(SHAPES).filter((kind) => kind !== 'UUID'))('%s has the fields of its definition', (kind) => {
  const schema = DEFINITIONS.get(kind)?.spec ?? {};
  const lines = linesOfSchema(schema, kind).toSorted();
  expect(lines.length).toBeGreaterThan(2);
  expect(linesOfShape(SHAPES[kind] ?? 'any', kind).toSorted()).toEqual(lines);
});

test('every expression of the definitions is evaluated', () => {
  const rules = [...DEFINITIONS.values()].flatMap(({ spec }) => rulesIn(spec));
  expect(rules.length).toBeGreaterThan(4);
  expect(rules.filter((rule) => !isEvaluated(rule))).toEqual([]);
});

const specOf = (text: string) => readJson(text).root;
const STORE_NAMED = '"storeRef":{"name":"s"}';
const PUSH = (entry: string): string =>
  `{"secretStoreRefs":[{"name":"s"}],"selector":{"secret":{"name":"x"}},"dataTo":[${entry}]}`;

/** What the operator's definitions refuse, by schema or expression, and so do the shapes. */
describe('is refused by both', () => {
  test.each<[string, string, string]>([
    ['PushSecret', PUSH('{}'), 'storeRef'],
    ['PushSecret', PUSH('{"storeRef":{"kind":"SecretStore"}}'), 'storeRef'],
    [
      'PushSecret',
      PUSH(`{${STORE_NAMED},"remoteKey":"k","rewrite":[{"regexp":{"source":"a","target":"b"}}]}`),
      'exclude',
    ],
    ['PushSecret', PUSH(`{${STORE_NAMED},"rewrite":[{}]}`), 'exactly one'],
    [
      'GitlabDeployToken',
      '{"auth":{"token":{"secretRef":{"name":"a"}}},"name":"n","scopes":["read_registry"]}',
      'exactly one',
    ],
    [
      'GitlabDeployToken',
      '{"auth":{"token":{"secretRef":{"name":"a"}}},"name":"n","scopes":[],"groupID":"1"}',
      'empty',
    ],
    [
      'SecretStore',
      '{"provider":{"aws":{"service":"SecretsManager","region":"r","customSessionTags":{"esoStoreName":"x"}}}}',
      'cannot have',
    ],
    ['SecretStore', '{"provider":{"aws":{"service":"SecretsManager"}}}', 'region is missing'],
    [
      'SecretStore',
      '{"provider":{"aws":{"service":"SecretsManager","region":"r","regoin":"r"}}}',
      'regoin is not a field',
    ],
    ['SecretStore', '{"provider":{}}', 'exactly one'],
    ['ExternalSecret', '{"data":[{"secretKey":"a b","remoteRef":{"key":"k"}}]}', 'is not a key'],
    ['ExternalSecret', '{"data":[{"secretKey":"a","remoteRef":{"key":"k","decodingStrategy":"Hex"}}]}', 'not one of'],
    [
      'ExternalSecret',
      '{"dataFrom":[{"extract":{"key":"k"},"rewrite":[{"regexp":{"source":"a","target":"b"},"transform":{"template":"x"}}]}]}',
      'exactly one',
    ],
    ['Password', '{"length":"32"}', 'is not a whole number'],
    ['SSHKey', '{"keySize":128}', 'from 256 to 8192'],
    [
      'ExternalSecret',
      `{"dataFrom":[{"extract":{"key":"k"}}],"syncWindows":{"kind":"allow","windows":[{"duration":"1h","schedule":"daily"}]}}`,
      'a schedule of cron',
    ],
  ])('%s %s', (kind, text, words) => {
    const spec = specOf(text);
    const apiVersion = DEFINITIONS.get(kind)?.apiVersion;
    expect(definitionProblems({ apiVersion, kind, spec: JSON.parse(text) })).not.toEqual([]);
    expect(problemsOf(spec, SHAPES[kind] ?? 'any').join('; ')).toContain(words);
  });

  test('and what is right by both', () => {
    const text = PUSH(`{${STORE_NAMED},"remoteKey":"k","rewrite":[]}`);
    expect(
      definitionProblems({ apiVersion: 'external-secrets.io/v1alpha1', kind: 'PushSecret', spec: JSON.parse(text) }),
    ).toEqual([]);
    expect(problemsOf(specOf(text), PUSH_SECRET)).toEqual([]);
  });
});
