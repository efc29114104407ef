/** The schema of `.sops.yaml`: it takes what the parser takes, and refuses what it refuses or SOPS would ignore. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { readConfigDocument } from '../../../src/config/document.js';
import { firstConfigText } from '../../../src/config/first-config.js';
import { parseConfig } from '../../../src/config/parse.js';
import { configSchema } from '../../../src/config/schema.js';
import { FORMATS } from '../../../src/formats/registry.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { SELECTION_OPTIONS } from '../../../src/metadata/metadata.js';
import { REMOTES } from '../../../src/remotes/registry.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const validate = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(
  configSchema(),
);

/** What YAML the first document is, as a reader of YAML 1.2 has it. */
function documentOf(text: string): unknown {
  return parse(readConfigDocument(text).text, { merge: true, uniqueKeys: false });
}

function isValid(text: string): boolean {
  return validate(documentOf(text));
}

const FOLDER = new URL('../../../fixtures/config/', import.meta.url);
const FIXTURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const);

/** What the parser finds wrong: with types, or keys that would be ignored; undefined for nothing. */
function flawOf(text: string): string | undefined {
  try {
    const rules = parseConfig({ document: readConfigDocument(text), path: '.sops.yaml', folder: '/', isAlone: true });
    const all = [...(rules.creationRules ?? []), ...rules.destinationRules.map((rule) => rule.recreationRule)];
    const unknown = [...all, ...rules.destinationRules].flatMap((rule) => rule.unknownKeys.map(({ key }) => key));
    const problems = all.flatMap((rule) =>
      [...rule.keys.values()].flatMap((keys) => ('problem' in keys ? keys.problem : [])),
    );
    const several = all.filter((rule) => rule.selection.size > 1).map(() => 'selection');
    return [...unknown, ...problems, ...several].join() || undefined;
  } catch (error) {
    return String(error);
  }
}

describe('fixtures', () => {
  test('there are many', () => expect(FIXTURES.length).toBeGreaterThan(50));

  test.each(FIXTURES)('%s', (_, text) => {
    let flaw = flawOf(text);
    // A key that stands twice is for the reader of YAML, not for a schema.
    if (flaw?.includes('already defined')) flaw = undefined;
    expect([isValid(text), flaw], JSON.stringify(validate.errors)).toEqual([flaw === undefined, flaw]);
  });
});

test('the example, and what init writes', () => {
  const example = readFileSync(new URL('../../../.sops.yaml.example', import.meta.url), 'utf8');
  const first = firstConfigText({ recipients: [{ name: 'me', recipient: 'age1x' }] });
  for (const text of [example, first]) expect([isValid(text), validate.errors]).toEqual([true, null]);
  expect(first).toMatch(/^# yaml-language-server: \$schema=\.sops\.schema\.json$/m);
});

describe('random configurations', () => {
  const word = fc.stringMatching(/^[a-z0-9./:]{1,12}$/);
  const texts = fc.oneof(word, fc.array(word, { maxLength: 3 }));
  const optional = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
    fc.record(fields, { requiredKeys: [] });
  const groupOf = (depth: number): fc.Arbitrary<object> =>
    optional({
      ...Object.fromEntries(
        KEY_TYPES.map(({ groupField, groupFields, fields }) => {
          if (!groupFields) return [groupField, fc.array(word, { maxLength: 2 })];
          const isMap = (field: string): boolean => fields.some((of) => of.name === field && of.shape === 'map?');
          const entry = optional(
            Object.fromEntries(
              groupFields.map(({ name, field }) => [name, isMap(field) ? fc.dictionary(word, word) : word]),
            ),
          );
          return [groupField, fc.array(entry, { maxLength: 2 })];
        }),
      ),
      ...(depth > 0 ? { merge: fc.array(groupOf(depth - 1), { maxLength: 2 }) } : {}),
      age_recipients_file: word,
    });
  const selection = fc.option(fc.tuple(fc.constantFrom(...SELECTION_OPTIONS), word));
  const ruleFields = {
    path_regex: word,
    ...Object.fromEntries(KEY_TYPES.map(({ ruleField, ruleText }) => [ruleField, ruleText ? texts : fc.array(word)])),
    aws_profile: word,
    shamir_threshold: fc.integer({ min: 0, max: 5 }),
    mac_only_encrypted: fc.boolean(),
  };
  const groups = fc.array(groupOf(1), { minLength: 1, maxLength: 2 });
  const keys = fc.oneof(
    fc.constant({}),
    groups.map((key_groups) => ({ key_groups })),
    groups.map((any_of) => ({ any_of })),
    word.map((age_recipients_file) => ({ age_recipients_file })),
  );
  const rule = fc
    .tuple(optional(ruleFields), keys, selection)
    .map(([fields, more, chosen]) => ({ ...fields, ...more, ...(chosen ? { [chosen[0]]: chosen[1] } : {}) }));
  const place = fc.constantFrom(...REMOTES).map(({ field }) => ({ [field]: 'x' }));
  const config = optional({
    creation_rules: fc.array(rule, { maxLength: 3 }),
    destination_rules: fc.array(
      fc
        .tuple(place, optional({ path_regex: word, omit_extensions: fc.boolean(), recreation_rule: rule }))
        .map(([one, more]) => ({ ...one, ...more })),
      { maxLength: 2 },
    ),
    stores: optional({
      yaml: optional({ indent: fc.nat(8) }),
      json: optional({ indent: fc.integer({ min: -1, max: 8 }) }),
    }),
    formats: fc.dictionary(word, fc.constantFrom(...FORMATS.map(({ name }) => name))),
    match_output_path: fc.boolean(),
    keys: fc.array(word),
  });

  test('what the parser takes, the schema takes', () => {
    fc.assert(
      fc.property(config, (value) => {
        const text = stringify(value);
        expect([flawOf(text), isValid(text), validate.errors]).toEqual([undefined, true, null]);
      }),
      { numRuns: 60 },
    );
  });

  test('a key that is not known within a rule or group, it does not', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^x[a-z]{3,8}$/), (key) => {
        expect(isValid(stringify({ creation_rules: [{ [key]: 'x' }] }))).toBe(false);
        expect(isValid(stringify({ creation_rules: [{ key_groups: [{ [key]: [] }] }] }))).toBe(false);
        expect(isValid(stringify({ [key]: 'x' }))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

test.each([
  ['creation_rules: {}', false],
  ['creation_rules: [{age: {}}]', false],
  ['creation_rules: [{hckms: x}]', false],
  ['creation_rules: [{mac_only_encrypted: "true"}]', false],
  ['creation_rules: [{mac_only_encrypted: yes}]', true],
  ['creation_rules: [{shamir_threshold: two}]', false],
  ['creation_rules: [{encrypted_regex: a, encrypted_suffix: b}]', false],
  ["formats: {'*.x': yml}", false],
  ['creation_rules: [{any_of: [{age: [x]}]}]', true],
  ['creation_rules: [{key_groups: [{any_of: [{age: [x]}]}]}]', false],
  ['creation_rules: [null]', true],
  ['creation_rules:', true],
])('%s is valid: %s', (text, expected) => expect(isValid(text)).toBe(expected));

test('config schema prints it, as the package has it', async () => {
  const desk = new Desk();
  const ran = await desk.run(['config', 'schema']);
  desk.remove();
  expect([ran.status, JSON.parse(ran.stdout.toString())]).toEqual([0, JSON.parse(JSON.stringify(configSchema()))]);
});
