/** What the operator's own definitions say of an object: their schemas, strictly, and their expressions (fixtures/kubernetes-crds/README.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

const FIXTURES = new URL('../../fixtures/kubernetes-crds/', import.meta.url);

export interface Definition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Schema;
}

export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly minItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

type Fields = Readonly<Record<string, unknown>>;
const count = (self: Fields, ...names: string[]): number => names.filter((name) => self[name] !== undefined).length;

/** The expressions of the definitions, each evaluated by hand. One that is not here is an error, so that none is passed over. */
const RULES: ReadonlyMap<string, (self: Fields) => boolean> = new Map([
  [
    "!('esoNamespace' in self) && !('esoStoreName' in self) && !('esoStoreKind' in self)",
    (self) => count(self, 'esoNamespace', 'esoStoreName', 'esoStoreKind') === 0,
  ],
  [
    'has(self.storeRef) && (has(self.storeRef.name) || has(self.storeRef.labelSelector))',
    (self) => count((self.storeRef ?? {}) as Fields, 'name', 'labelSelector') > 0,
  ],
  [
    '!has(self.remoteKey) || !has(self.rewrite) || size(self.rewrite) == 0',
    (self) => self.remoteKey === undefined || ((self.rewrite ?? []) as unknown[]).length === 0,
  ],
  [
    '(has(self.regexp) && !has(self.transform)) || (!has(self.regexp) && has(self.transform))',
    (self) => count(self, 'regexp', 'transform') === 1,
  ],
  ['has(self.projectID) != has(self.groupID)', (self) => count(self, 'projectID', 'groupID') === 1],
]);

export const DEFINITIONS: ReadonlyMap<string, Definition> = new Map(
  readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as Definition)
    .map((definition) => [definition.kind, definition]),
);

const compiled = new Map<string, ValidateFunction>();
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

/** What is wrong with an object of a kind that has a definition. */
export function definitionProblems(object: Fields): string[] {
  const definition = DEFINITIONS.get(String(object.kind));
  if (!definition) return [`there is no definition of ${object.kind}`];
  const wrongVersion =
    object.apiVersion === definition.apiVersion ? [] : [`apiVersion is not ${definition.apiVersion}`];
  return [...wrongVersion, ...specProblems(definition, object.spec), ...webhookProblems(object)];
}

/** What the webhook refuses beyond the definitions. */
function webhookProblems({ kind, spec }: Fields): string[] {
  if (kind !== 'ExternalSecret') return [];
  const { data = [], dataFrom = [], refreshInterval = '1h', target = {} } = spec as Record<string, never>;
  const { creationPolicy = 'Owner', deletionPolicy = 'Retain' } = target as Record<string, string>;
  const isLost = deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy);
  return [
    ...([...(data as unknown[]), ...(dataFrom as unknown[])].length === 0 ? ['neither data nor dataFrom'] : []),
    ...(/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(refreshInterval) ? [] : ['refreshInterval is not a duration']),
    ...(isLost ? ['deletionPolicy Delete needs an owner'] : []),
  ];
}

function specProblems({ kind, spec: schema }: Definition, spec: unknown): string[] {
  const validate = compiled.get(kind) ?? ajv.compile(strict(schema));
  compiled.set(kind, validate);
  const problems = validate(spec) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
  return [...problems, ...ruleProblems(schema, spec), ...innerProblems(kind, spec as Fields)];
}

/** What an object holds whole: the `spec` of another one. */
function innerProblems(kind: string, spec: Fields): string[] {
  const [field, inner] =
    kind === 'ClusterExternalSecret'
      ? ['externalSecretSpec', 'ExternalSecret']
      : kind === 'ClusterPushSecret'
        ? ['pushSecretSpec', 'PushSecret']
        : ['', String(spec.kind)];
  const held = field === '' ? Object.values((spec.generator ?? {}) as Fields)[0] : spec[field];
  const definition = DEFINITIONS.get(inner);
  if (!['ClusterExternalSecret', 'ClusterPushSecret', 'ClusterGenerator'].includes(kind)) return [];
  return definition ? specProblems(definition, held) : [`there is no definition of ${inner}`];
}

/** The schema with everything refused that it does not name, as `fieldValidation: Strict` does; what has a default is not required. */
function strict(schema: Schema): object {
  const {
    properties,
    items,
    additionalProperties,
    required = [],
    'x-kubernetes-int-or-string': isEither,
    ...rest
  } = schema;
  if (isEither) return { type: ['integer', 'string'] };
  const isOpen = rest['x-kubernetes-preserve-unknown-fields'] === true || (!properties && !additionalProperties);
  const inner = properties && Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)]));
  return {
    ...rest,
    ...(inner ? { properties: inner } : {}),
    ...(items ? { items: strict(items) } : {}),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: strict(additionalProperties) } : {}),
    ...(rest.type === 'object' && !isOpen && !additionalProperties ? { additionalProperties: false } : {}),
    required: required.filter((name) => properties?.[name]?.default === undefined),
  };
}

function ruleProblems(schema: Schema, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Fields;
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule, message = rule }) =>
    ruleNamed(rule)(fields) ? [] : [message],
  );
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => ruleProblems(one, fields[name]));
  const { items } = schema;
  const listed = items && Array.isArray(value) ? value.flatMap((one) => ruleProblems(items, one)) : [];
  return [...own, ...below, ...listed];
}

function ruleNamed(rule: string): (self: Fields) => boolean {
  const found = RULES.get(rule);
  if (found) return found;
  throw new Error(`an expression that is not evaluated here: ${rule}`);
}

/** All expressions of a schema. */
export function rulesIn(schema: Schema): string[] {
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])];
  return [...(schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule), ...inner.flatMap(rulesIn)];
}

export const isEvaluated = (rule: string): boolean => RULES.has(rule);
