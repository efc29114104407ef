/** `set` on a file that is not there: it is made by its rule, or stays a missing file. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());
const env = { SOPS_AGE_RECIPIENTS: '' };

beforeAll(() => {
  mkdirSync(desk.path('new'));
  desk.write(
    '.sops.yaml',
    `creation_rules:\n  - path_regex: ^new/k8s\n    encrypted_regex: ^data$\n    age: ${desk.recipient}\n  - path_regex: ^new/\n    age: ${desk.recipient}\n`,
  );
});

describe('set makes a file', () => {
  test.each([
    ['new/a.yaml', 'db.hosts[0]', '"x"', 'db:\n    hosts:\n        - x\n'],
    ['new/a.json', '["a"]', '5', '{\n\t"a": 5\n}\n'],
    ['new/a.env', 'A', '"b c"', 'A=b c\n'],
    ['new/a.ini', 's.k', '"v"', '[s]\nk = v\n'],
    ['new/.env.prod', 'A', '"b"', 'A=b\n'],
    ['new/k8s.yaml', 'data.a', '"b"', 'data:\n    a: b\n'],
  ])('%s, and says by which rule', async (name, place, value, text) => {
    const ran = await desk.run(['set', name, place, value], { env });
    expect([ran.status, ran.stdout.length]).toEqual([0, 0]);
    expect(ran.stderr).toMatch(
      new RegExp(
        `^Made ${name}, encrypted by creation rule ${name.includes('k8s') ? 1 : 2} of \\.sops\\.yaml\\.$`,
        'm',
      ),
    );
    expect(desk.text(name)).toContain('ENC[AES256_GCM');
    expect(desk.text(name)).toContain(desk.recipient);
    expect((await desk.run(['decrypt', name])).stdout.toString()).toBe(text);
    const again = await desk.run(['set', name, place, value], { env });
    expect([again.status, again.stderr]).toEqual([0, '']);
  });
});

describe('set refuses', () => {
  test('a file that no rule is for', async () => {
    const ran = await desk.run(['set', 'other.yaml', 'a', '1'], { env });
    expect([ran.status, desk.names()]).toEqual([1, expect.not.arrayContaining(['other.yaml'])]);
    expect(ran.stderr).toContain('no matching creation rules found');
  });

  test('a file without a configuration, as one that is missing', async () => {
    const ran = await desk.run(['set', 'other.yaml', 'a', '1'], {
      env: { ...env, SOPS_CONFIG: desk.write('empty', '') },
    });
    expect(ran.status).toBe(2);
    expect(desk.names()).not.toContain('other.yaml');
  });

  test('a value that the rule leaves in clear', async () => {
    const ran = await desk.run(['set', 'new/k8s-2.yaml', 'kind', '"Secret"'], { env });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('set such a one first');
    expect((await desk.run(['get', 'new/k8s-2.yaml', 'kind'])).status).toBe(2);
  });

  test.each([
    ['set', ['set', 'new/sops.yaml', '["a"]', '1'], { programName: 'sops', SOPS_TS_AS: 'sops' }],
    ['the old form', ['--set', '["a"] 1', 'new/sops.yaml'], {}],
  ])('%s, as sops has it', async (_, words, more) => {
    const ran = await desk.run(words, { env: { ...env, ...more } });
    expect(ran.status).not.toBe(0);
    expect((await desk.run(['filestatus', 'new/sops.yaml'])).stderr).toContain('no such file');
  });
});
