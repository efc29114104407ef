/** What is wrong with a log of SARIF: by the schema of the standard (fixtures/sarif/README.md), and by what GitHub asks for beside it. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

type Json = Readonly<Record<string, unknown>>;

let validate: ValidateFunction | undefined;

export function sarifProblems(log: Json): string[] {
  validate ??= compiledSchema();
  if (!validate(log)) return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
  return (log.runs as Json[]).flatMap(runProblems);
}

/** The schema is of draft 4, of which it uses nothing but the name of `$id` that later ones do not have. */
function compiledSchema(): ValidateFunction {
  const text = readFileSync(new URL('../../fixtures/sarif/sarif-2.1.0.schema.json', import.meta.url), 'utf8');
  const { $schema: _, id, ...schema } = JSON.parse(text) as Json & { id: string };
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
  ajv.addFormat('uri', (value: string) => URL.canParse(value));
  ajv.addFormat('uri-reference', /^(?:[A-Za-z0-9._~/:?#@!$&'()*+,;=-]|%[0-9A-F]{2})*$/);
  ajv.addFormat('date-time', (value: string) => !Number.isNaN(Date.parse(value)));
  return ajv.compile({ $id: id, ...schema });
}

function runProblems({ tool, columnKind, results = [] }: Json): string[] {
  const rules = (tool as { driver: { rules: { id: string; properties: Json }[] } }).driver.rules;
  const problems: string[] = [];
  if (columnKind !== 'utf16CodeUnits') problems.push('columnKind');
  if (new Set(rules.map(({ id }) => id)).size < rules.length) problems.push('a rule stands there twice');
  for (const { properties } of rules) {
    if (typeof properties['security-severity'] !== 'string') problems.push('security-severity is not text');
  }
  for (const { ruleId, ruleIndex, locations, partialFingerprints } of results as Json[]) {
    if (rules[Number(ruleIndex)]?.id !== ruleId) problems.push('ruleIndex');
    if ((locations as unknown[]).length === 0) problems.push('no place');
    if (!partialFingerprints) problems.push('no fingerprint');
  }
  return problems;
}
