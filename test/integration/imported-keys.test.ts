/** PGP keys that are taken in for one run, by a real gpg; values files through a real helm (HELM_BIN or PATH). */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { privateFoldersOf } from '../support/private-folders.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { fixturePath } from '../unit/keys/entries.js';

const GPG = findTool('gpg', 'GPG_BIN', ['--version']);
const HELM = findTool('helm', 'HELM_BIN', ['version']);
if (!GPG) announceSkipped(3, 'there is no gpg program');
if (!HELM) announceSkipped(2, 'there is no helm program');

const RSA = '2C851F83570ED80E15EA329DA0BB3225B77A1DA4';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  a: eA==\n';
const root = new URL('../..', import.meta.url).pathname;

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

describe.skipIf(!GPG)('a PGP key from elsewhere', () => {
  const importedHome = (): string => {
    const home = desk.path('gnupg');
    mkdirSync(home, { mode: 0o700 });
    const env = { ...process.env, GNUPGHOME: home };
    execFileSync(GPG ?? '', ['--batch', '--quiet', '--import', fixturePath('identities/pgp-rsa.asc')], {
      env,
      stdio: 'ignore',
    });
    return home;
  };

  async function seal(name: string): Promise<void> {
    const env = { GNUPGHOME: importedHome(), SOPS_AGE_RECIPIENTS: '', SOPS_PGP_FP: RSA };
    const words = ['encrypt', '--filename-override', 's.yaml', '--encrypted-regex', '^data$'];
    const ran = await desk.run(words, { env, stdin: SECRET });
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: env.GNUPGHOME } });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(desk.path(name), ran.stdout);
  }

  test('in a decryption Secret of Flux opens files', async () => {
    mkdirSync(desk.path('app'));
    await seal('app/s.yaml');
    desk.write('team.asc', readFileSync(fixturePath('identities/pgp-rsa.asc')));
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', 'team.asc'])).stdout);
    const ran = await desk.run(['flux', 'check', '--secret', 'secret.yaml', 'app']);
    expect(ran.stdout.toString()).toMatch(/tried secret\.yaml on 1 encrypted file.*no finding/);
    expect(ran.status).toBe(0);
    expect(privateFoldersOf([process.pid])).toEqual([]);
  });

  test('in a URL of Helm opens values', async () => {
    await seal('values.yaml');
    desk.write('key.asc', readFileSync(fixturePath('identities/pgp-rsa.asc')));
    const ran = await desk.run(['helm', 'downloader', 'secrets+gpg-import://key.asc?values.yaml']);
    expect({ ...ran, stdout: ran.stdout.toString() }).toEqual({ status: 0, stderr: '', stdout: SECRET });
    expect(privateFoldersOf([process.pid])).toEqual([]);
  });

  test('that is not one is refused', async () => {
    await seal('values.yaml');
    desk.write('key.asc', 'nothing of the kind');
    const ran = await desk.run(['helm', 'downloader', 'secrets+gpg-import://key.asc?values.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('gpg does not take the key');
  });
});

describe.skipIf(!HELM)('the plug-in of Helm', () => {
  test.each([
    ['secrets://values.enc.yaml', true],
    ['secrets+age-import://key.txt?values.enc.yaml', false],
  ])('%s', async (url, hasKey) => {
    const { SOPS_AGE_KEY: identity, ...env } = desk.env;
    Object.assign(env, { HELM_PLUGINS: desk.path('plugins'), ...(hasKey ? { SOPS_AGE_KEY: identity } : {}) });
    execFileSync(process.execPath, [`${root}bin/sops-ts.js`, 'helm', 'install'], { env, stdio: 'ignore' });
    mkdirSync(desk.path('chart/templates'), { recursive: true });
    desk.write('chart/Chart.yaml', 'apiVersion: v2\nname: chart\nversion: 0.1.0\n');
    desk.write('chart/templates/c.yaml', 'password: {{ .Values.password }}\n');
    desk.write('key.txt', `${identity}\n`);
    desk.write('values.enc.yaml', await desk.encrypt('values.yaml', 'password: s3cret\n'));
    const words = ['template', 'r', './chart', '-f', url];
    const ran = spawnSync(HELM ?? '', words, { cwd: desk.folder, env, encoding: 'utf8' });
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({
      status: 0,
      stdout: '---\n# Source: chart/templates/c.yaml\npassword: s3cret\n',
    });
  });
});
