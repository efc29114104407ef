/** A user whom the system does not know, without a home, as a container has that is started under a number. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { ROOT } from '../support/program.js';
import { announceSkipped } from '../support/programs.js';

const NOBODYS = 54_321;
const MAY_CHANGE = process.geteuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
if (!MAY_CHANGE) announceSkipped(4, 'tests of other users need root and setpriv');

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  chmodSync(desk.folder, 0o775);
  desk.write('e.yaml', await desk.encrypt('e.yaml', 'a: 1\n'));
  mkdirSync(desk.path('secrets'));
  desk.write('secrets/plain.yaml', 'a: 1\n');
  // Its group may write it, as a umask of 002 has it.
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: secrets/\n    age: ${desk.recipient}\n`);
  chmodSync(desk.path('.sops.yaml'), 0o664);
  for (const name of ['', '.sops.yaml', 'secrets', 'secrets/plain.yaml']) chownSync(desk.path(name), NOBODYS, NOBODYS);
});
afterAll(() => desk.remove());

function start(words: readonly string[], env: Readonly<Record<string, string>> = { SOPS_AGE_KEY: desk.identity }) {
  const as = [`--reuid=${NOBODYS}`, `--regid=${NOBODYS}`, '--clear-groups', process.execPath];
  return spawnSync('setpriv', [...as, `${ROOT}/bin/sops-ts.js`, ...words], {
    cwd: desk.folder,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
}

describe.skipIf(!MAY_CHANGE)('a user without a name and a home', () => {
  test('decrypts, and runs programs', () => {
    expect(start(['decrypt', 'e.yaml'])).toMatchObject({ status: 0, stdout: 'a: 1\n', stderr: '' });
    expect(start(['exec-env', 'e.yaml', 'echo $a'])).toMatchObject({ status: 0, stdout: '1\n', stderr: '' });
    expect(start(['exec-file', 'e.yaml', 'cat {}'])).toMatchObject({ status: 0, stdout: 'a: 1\n', stderr: '' });
  });

  test('has a configuration that its own group may write', () => {
    expect(start(['encrypt', 'secrets/plain.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect(start(['check']).stdout).toContain('[not-encrypted]');
    expect(start(['config', 'check']).stdout).toContain('.sops.yaml: 1 creation rule');
  });

  test('is told what is there', () => {
    expect(start(['doctor']).stdout).toContain('Key agent: none runs');
    expect(start(['doctor'], {}).stdout).toContain('Nothing is set up for: age');
  });

  test('asks AWS with what the environment names', () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_MAX_ATTEMPTS: '1',
    };
    const ran = start(['encrypt', '--config', '/dev/null', '--kms', ARN, 'secrets/plain.yaml'], env);
    expect(ran.stderr).toContain('cannot reach http://127.0.0.1:1: connection refused');
  });
});
