/** Strict validation of printed objects (fixtures/kubernetes-schemas/README.md). */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { DEFINITIONS, definitionProblems } from './crds.js';

const FIXTURES = new URL('../../fixtures/kubernetes-schemas/', import.meta.url);
const BY_KIND: ReadonlyMap<string, string> = new Map([
  ['SealedSecret', 'sealed-secret'],
  ['SecretProviderClass', 'secret-provider-class'],
]);
const ajv = new Ajv({ allErrors: true });
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a value by a schema. */
export function problemsBy(schema: string, value: unknown): string[] {
  const text = (): string => readFileSync(new URL(`${schema}.schema.json`, FIXTURES), 'utf8');
  const validate = compiled.get(schema) ?? ajv.compile(JSON.parse(text()));
  compiled.set(schema, validate);
  return validate(value) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
}

/** What is wrong with an object by the schema or the definition of its kind, and with what its parameters hold as text. */
export function problemsOf(object: Record<string, unknown>): string[] {
  if (DEFINITIONS.has(String(object.kind))) return definitionProblems(object);
  const schema = BY_KIND.get(String(object.kind));
  if (schema === undefined) return [`no schema for ${object.kind}`];
  const problems = problemsBy(schema, object);
  return schema === 'secret-provider-class' ? [...problems, ...mountedProblems(object)] : problems;
}

function mountedProblems(object: Record<string, unknown>): string[] {
  const { provider, parameters } = object.spec as { provider: string; parameters: Record<string, string> };
  const content = parse(parameters.objects ?? parameters.secrets ?? '');
  if (provider === 'azure') return content.array.flatMap((text: string) => problemsBy('mounted-azure', parse(text)));
  return problemsBy(`mounted-${provider === 'openbao' ? 'vault' : provider}`, content);
}

/** The objects of a YAML text, each valid; throws with what is wrong. */
export function validObjects(text: string): Record<string, unknown>[] {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
  const problems = objects.flatMap(problemsOf);
  if (problems.length > 0 || objects.length === 0) throw new Error(`${problems.join('\n')}\n${text}`);
  return objects;
}
