/** While many files are worked on, the configuration of a folder is looked for and read once. */
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdConfigs, loadConfig } from '../../../src/config/config.js';
import { hostIn, layOut } from './support.js';

const RULES = 'creation_rules:\n  - path_regex: secret\n';
const OTHER_RULES = 'creation_rules:\n  - path_regex: other\n';

test('the files of a folder get what was read for the first of them', async () => {
  const root = layOut({ '.sops.yaml': RULES, 'a/x': '', 'a/y': '' });
  const host = hostIn(root);
  const letGo = holdConfigs(host);
  const first = await loadConfig({ filePath: 'a/x', host });
  unlinkSync(join(root, '.sops.yaml'));
  expect(await loadConfig({ filePath: 'a/y', host })).toBe(first);
  letGo();
  expect(await loadConfig({ filePath: 'a/y', host })).toBeNull();
});

test('those of another folder get their own', async () => {
  const host = hostIn(layOut({ 'a/.sops.yaml': RULES, 'a/x': '', 'b/.sops.yaml': OTHER_RULES, 'b/x': '' }));
  holdConfigs(host);
  expect((await loadConfig({ filePath: 'a/x', host }))?.path).toBe('a/.sops.yaml');
  expect((await loadConfig({ filePath: 'b/x', host }))?.path).toBe('b/.sops.yaml');
});

test('one that cannot be used fails for each of the files', async () => {
  const host = hostIn(layOut({ '.sops.yaml': 'creation_rules: 1\n' }));
  holdConfigs(host);
  for (const filePath of ['x', 'y'])
    await expect(loadConfig({ filePath, host })).rejects.toMatchObject({ code: 'config' });
});

test('held within held, it stays until the outer one lets go', async () => {
  const root = layOut({ '.sops.yaml': RULES });
  const host = hostIn(root);
  const letGo = holdConfigs(host);
  const first = await loadConfig({ host });
  holdConfigs(host)();
  writeFileSync(join(root, '.sops.yaml'), OTHER_RULES);
  expect(await loadConfig({ host })).toBe(first);
  letGo();
  expect(await loadConfig({ host })).not.toBe(first);
});
