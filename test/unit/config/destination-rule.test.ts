/** Which destination rule is for a file (docs/configuration.md#destination-rules). */
import { describe, expect, test } from 'vitest';
import { destinationFor } from '../../../src/config/destination-rule.js';
import { readConfigDocument } from '../../../src/config/document.js';
import { parseConfig } from '../../../src/config/parse.js';
import { hostOf, type TestHost } from '../keys/host.js';

async function choose(rules: string, path: string, host: TestHost = hostOf()) {
  const text = `destination_rules:\n${rules}`;
  const config = parseConfig({ document: readConfigDocument(text), path: '.sops.yaml', folder: host.cwd });
  const { rule, remote } = await destinationFor(config, path, host);
  return `${remote.field} ${rule.settings.get(remote.field)}`;
}

const TWO = '  - {path_regex: ^s/, vault_path: p}\n  - {s3_bucket: b}\n';
const ONE = '  - {path_regex: ^s/, vault_path: p}\n';

describe('the first rule whose pattern is found in the path', () => {
  test('as typed', async () => {
    expect(await choose(TWO, 's/x')).toBe('vault_path p');
    expect(await choose(TWO, 't/x')).toBe('s3_bucket b');
  });

  test('as typed, with a warning when the shorter path would mean another rule', async () => {
    const host = hostOf();
    expect(await choose(TWO, './s/x', host)).toBe('s3_bucket b');
    expect(host.warned).toEqual([
      'destination rule 2 of .sops.yaml is used for ./s/x as it is typed; for s/x it would be destination rule 1 of .sops.yaml',
    ]);
  });

  test('without detours when no rule is for the path as typed', async () => {
    expect(await choose(ONE, './s//x')).toBe('vault_path p');
    await expect(choose(ONE, 'other/../t/x')).rejects.toMatchObject({
      code: 'config',
      message: 'error loading config: no matching destination found in config',
    });
  });

  test('on Windows with slashes, too', async () => {
    expect(await choose(ONE, 's\\x', hostOf({ platform: 'win32' }))).toBe('vault_path p');
    await expect(choose(ONE, 's\\x')).rejects.toThrow('no matching destination');
  });
});

describe('rules that cannot mean what they say', () => {
  test.each([
    ['{vault_path: p, s3_bucket: b}', 'more than one destinations were found'],
    ['{path_regex: x}', 'no destination configured for this file'],
    ['{path_regex: "(", s3_bucket: b}', 'can not compile regexp'],
    ['{s3_buckt: b}', 'did you mean "s3_bucket"?'],
    ['{s3_bucket: b, recreation_rule: {age: a, encrypted_regx: x}}', 'did you mean "encrypted_regex"?'],
    ['{s3_bucket: b, recreation_rule: {encrypted_regex: x, encrypted_suffix: y}}', 'cannot use more than one of'],
  ])('%s', async (rule, message) => {
    await expect(choose(`  - ${rule}\n`, 'x')).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(message),
    });
  });

  test('an unknown key is a warning', async () => {
    const host = hostOf();
    expect(await choose('  - {s3_bucket: b, note: hello}\n', 'x', host)).toBe('s3_bucket b');
    expect(host.warned).toEqual(['destination rule 1 of .sops.yaml: unknown key "note" is ignored']);
  });
});
