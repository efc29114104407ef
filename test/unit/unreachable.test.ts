/** What cannot be looked at is not said to be absent: a link that leads to itself stands for a folder that is closed. */
import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { chosenFiles } from '../../src/library/env-files.js';
import { Desk } from '../support/desk.js';

const desk = new Desk();
beforeEach(() => {
  desk.clear();
  symlinkSync('loop', desk.path('loop'));
});
afterAll(() => desk.remove());

const REASON = /ELOOP|too many symbolic links/;
const PASSED_OVER = expect.stringMatching(/git does not use the repository of .*: not a git repository/);

describe('a place that cannot be looked at', () => {
  test.each([
    ['the folder of a socket', ['keyservice', '--network', 'unix', '--address', 'loop/keys.sock']],
    ['a side of a comparison', ['diff', 'loop', 'loop']],
    ['an operand', ['check', 'loop/a.yaml']],
    ['a folder of a pattern', ['check', 'loop/*.yaml']],
    ['a file of public keys', ['grant', 'bob', 'loop']],
  ])('%s', async (_, words) => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    const ran = await desk.run(words);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(REASON);
    expect(ran.stderr).not.toMatch(/no such file|no file fits|is not a recipient|there is no such/);
  });

  test('the folder of gpg', async () => {
    const ran = await desk.run(['doctor'], { env: { GNUPGHOME: desk.path('loop/gnupg') } });
    expect(ran.stdout + ran.stderr).not.toContain('there is no such folder');
  });

  test('the file of a new key, which is not made as if there were none', async () => {
    const env = { SOPS_AGE_KEY: '', SOPS_AGE_RECIPIENTS: '', SOPS_AGE_KEY_FILE: desk.path('loop/keys.txt') };
    const ran = await desk.run(['init', '--yes'], { env });
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(REASON);
    expect(desk.names()).toEqual(['loop']);
  });

  test.each([
    ['flux check', ['flux', 'check', '.']],
    ['init', ['init', '--yes', '--age', desk.recipient]],
  ])('the mark of a repository: %s', async (_, words) => {
    desk.write('kustomization.yaml', 'resources: []\n');
    symlinkSync('.git', desk.path('.git'));
    const ran = await desk.run(words);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(REASON);
  });

  test.each([[['check']], [['who']]])('a repository that git takes for none: %s', async (words) => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    execFileSync('git', ['init', '--quiet', desk.folder]);
    for (const text of ['garbage\n', '']) {
      writeFileSync(desk.path('.git/HEAD'), text);
      expect(await desk.run(words)).toMatchObject({ status: 1, stderr: PASSED_OVER });
    }
    rmSync(desk.path('.git'), { recursive: true });
    writeFileSync(desk.path('.git'), 'gitdir: ../gone\n');
    expect(await desk.run(words)).toMatchObject({ status: 1, stderr: PASSED_OVER });
  });

  test.each([[['check']], [['who']], [['diff']]])('a repository that git does not use: %s', async (words) => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    execFileSync('git', ['init', '--quiet', desk.folder]);
    writeFileSync(desk.path('.git/config'), '[core\n');
    const ran = await desk.run(words);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(/git does not use the repository of .*: bad config line 1/);
  });

  test('the place of the agent', async () => {
    const ran = await desk.run(['agent', 'status'], { env: { SOPS_TS_AGENT: desk.path('loop/below/agent.sock') } });
    expect(ran.stdout + ran.stderr).toMatch(REASON);
  });

  test('what was trusted', async () => {
    const env = { XDG_CONFIG_HOME: desk.path('loop') };
    const ran = await desk.run(['trust', '--list'], { env });
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(REASON);
  });

  test('the profiles of AWS', async () => {
    const env = { AWS_PROFILE: 'team', AWS_CONFIG_FILE: desk.path('loop'), AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    const ran = await desk.run(['doctor'], { env });
    expect(String(ran.stdout)).toMatch(/FAULTY +AWS_PROFILE \(team\): cannot read .*loop: too many symbolic links/);
  });

  test('the files of an environment', () => {
    symlinkSync('.env.enc', desk.path('.env.enc'));
    expect(() => chosenFiles({}, { env: {}, cwd: desk.folder })).toThrow(/cannot look at .*\.env\.enc/);
  });
});
