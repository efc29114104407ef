/** The example that ships with the project is what it says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { creationRuleFor } from '../../../src/config/creation-rule.js';
import { keyGroupsFor } from '../../../src/config/key-groups.js';
import type { Config } from '../../../src/config/model.js';
import { fileOptionsFor } from '../../../src/config/selection.js';
import { hostIn, layOut, type TestHost, useStandInProviders } from './support.js';

const EXAMPLE = readFileSync(new URL('../../../.sops.yaml.example', import.meta.url), 'utf8');

useStandInProviders();

async function loadExample(): Promise<{ config: Config; host: TestHost }> {
  const host = hostIn(layOut({ '.sops.yaml': EXAMPLE }));
  const config = await loadConfig({ host });
  if (!config) throw new Error('not found');
  return { config, host };
}

async function resolve(path: string): Promise<unknown> {
  const { config, host } = await loadExample();
  const rule = await creationRuleFor(config, path, host);
  const groups = await keyGroupsFor({ rule, host });
  const { selection, macOnlyEncrypted } = fileOptionsFor({ rule });
  return {
    keys: groups.map((group) => group.map((key) => key.type)),
    option: `${selection?.option} ${selection?.text}`,
    mac: macOnlyEncrypted,
    threshold: rule?.shamirThreshold,
    warnings: host.warnings,
  };
}

const plain = { mac: false, threshold: 0, warnings: [] };

test.each([
  [
    'clusters/eu/app.yaml',
    { ...plain, keys: [['age', 'age', 'age']], option: 'encrypted_regex ^(data|stringData)$', mac: true },
  ],
  [
    'production/db.json',
    { ...plain, keys: [['age', 'age'], ['age'], ['pgp']], option: 'unencrypted_suffix _unencrypted', threshold: 2 },
  ],
  ['web/.env.local', { ...plain, keys: [['age', 'age']], option: 'unencrypted_suffix _plain' }],
  ['notes.txt', { ...plain, keys: [['age']], option: 'unencrypted_suffix _unencrypted' }],
])('%s', async (path, expected) => {
  expect(await resolve(path)).toEqual(expected);
});

test('the indentation of the stores', async () => {
  expect((await loadExample()).config.stores).toEqual({ yaml: 2, json: 2, jsonBinary: undefined });
});
