/** Where git is there and cannot be started, as for want of processes, a repository is not taken for an ordinary folder. */
import { chmodSync, mkdirSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { CheckedRepository } from '../../support/checked-repository.js';
import { Desk } from '../../support/desk.js';

const repository = new CheckedRepository();
const outside = new Desk();
/** The only git that is found; the system starts no program for its first line. */
const programs = new Desk();
chmodSync(programs.write('git', '#!/no/such/interpreter\n'), 0o755);
const env = { PATH: programs.folder };

afterAll(() => {
  repository.remove();
  outside.remove();
  programs.remove();
});

const PLAIN = 'a: x\n';

beforeEach(() => {
  repository.write({ '.gitignore': 'ignored.yaml\n', 'secrets/a.yaml': PLAIN, 'secrets/ignored.yaml': PLAIN });
});

describe.skipIf(process.platform === 'win32')('a git that cannot be started', () => {
  test.each([
    [['encrypt', '-i', 'secrets']],
    [['check']],
    [['check', '--recurse']],
    [['check', 'secrets']],
    [['who', '--ages']],
    [['updatekeys', '--yes', '.']],
    [['diff']],
    [['import', 'env', 'plain.env', '--output', 'secrets/plain.enc.env']],
  ])('ends %j, and no file is changed', async (words) => {
    repository.write({ 'plain.env': 'A=b\n' });
    await repository.seal('secrets/b.yaml', PLAIN);
    const ran = await repository.sops(words, { env });
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('git cannot be started')]);
    expect(repository.read('secrets/a.yaml')).toBe(PLAIN);
    expect(repository.read('secrets/ignored.yaml')).toBe(PLAIN);
    expect(repository.git('status', '--porcelain', '-uall')).not.toContain('.enc');
  });

  test('is not needed outside of repositories', async () => {
    outside.write('.sops.yaml', `creation_rules:\n  - path_regex: ^secrets/\n    age: ${outside.recipient}\n`);
    mkdirSync(outside.path('secrets'));
    outside.write('secrets/a.yaml', PLAIN);
    const ran = await outside.run(['encrypt', '-i', 'secrets'], { env });
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining('1 file encrypted')]);
  });
});
