/** PGP with and without gpg, by sops-ts and by the real sops, each reading what the other wrote (SOPS_BIN or PATH; gpg). */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkipped, findTool, runSopsAsync, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';
import { FakeAgent } from '../unit/keys/agent.js';
import { fixturePath } from '../unit/keys/entries.js';
import { GnupgHome, secretKey } from '../unit/keys/pgp-rings.js';

const GPG = findTool('gpg', 'GPG_BIN', ['--version']);
if (!SOPS || !GPG) announceSkipped(16, 'there is no sops or no gpg program');

const KEYS = { RSA: '2C851F83570ED80E15EA329DA0BB3225B77A1DA4', ECC: '5B97EF21040CABCEFAE48F3F53BEE7FCB183697F' };
const RSA_SUBKEY = '72EEA50FA6EF5EFEB55F6A914635C19FAD75ED6E';
const LOCKED = 'E309B64C52026571A562296996AC90A44BA9BE77';
const PLAIN = 'greeting: hello\n';

/** Where a program has its keys: with the gpg program and its own kind of keyring, or without both. */
type Way = 'gpg' | 'in-process';

describe.skipIf(!SOPS || !GPG)('PGP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p-'));
  const gpgHome = new GnupgHome();
  let oldHome: GnupgHome;
  beforeAll(async () => {
    writeFileSync(join(folder, 'plain.yaml'), PLAIN);
    const names = ['pgp-rsa.asc', 'pgp-ecc.asc', 'pgp-locked.asc'];
    oldHome = await GnupgHome.with(await Promise.all(names.map(secretKey)));
    const files = names.map((name) => fixturePath(`identities/${name}`));
    execFileSync(GPG ?? '', ['--batch', '--quiet', '--import', ...files], {
      env: { ...process.env, GNUPGHOME: gpgHome.path },
      stdio: 'ignore',
    });
  });
  afterAll(() => {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: gpgHome.path } });
    gpgHome.remove();
    oldHome.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = (way: Way, more: Record<string, string> = {}): Record<string, string> => ({
    HOME: folder,
    PATH: way === 'gpg' ? (process.env.PATH ?? '') : '/nonexistent',
    GNUPGHOME: way === 'gpg' ? gpgHome.path : oldHome.path,
    // No agent: in-process, passphrases would be asked for on the terminal.
    GPG_AGENT_INFO: '',
    ...more,
  });
  const sops = (words: readonly string[], env: Record<string, string>) => runSopsAsync(words, folder, env);
  const ours = async (words: readonly string[], env: Record<string, string>) => {
    const ran = await run(words, { cwd: folder, env });
    expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
    return ran.stdout.toString('utf8');
  };

  test.each(['gpg', 'in-process'] as const)('doctor finds the secret keys, %s, and tries them', async (way) => {
    const sealed = await ours(['encrypt', '--pgp', KEYS.RSA, 'plain.yaml'], environment('gpg'));
    writeFileSync(join(folder, 'sealed.yaml'), sealed);
    const text = await ours(['doctor', 'sealed.yaml'], environment(way));
    expect(text).toContain(
      way === 'gpg' ? `ok      secret keys in ${gpgHome.path}: ${KEYS.RSA}\n` : 'secring.gpg: 3 key(s)',
    );
    expect(text).toContain(`  opens   pgp ${KEYS.RSA}\n`);
  });

  const sides: readonly [string, typeof sops, typeof sops][] = [
    ['sops opens what sops-ts made', ours, sops],
    ['sops-ts opens what sops made', sops, ours],
  ];
  const ways: readonly [Way, Way][] = [
    ['gpg', 'in-process'],
    ['in-process', 'gpg'],
    ['in-process', 'in-process'],
  ];
  const cases = sides.flatMap(([name, encrypt, decrypt]) =>
    ways.flatMap(([made, opened]) =>
      Object.entries(KEYS).map(
        ([key, fingerprint]) =>
          [`${name}: ${key}, ${made} to ${opened}`, fingerprint, encrypt, decrypt, made, opened] as const,
      ),
    ),
  );

  test.each(cases)('%s', async (_name, fingerprint, encrypt, decrypt, made, opened) => {
    const text = await encrypt(['encrypt', '--pgp', fingerprint, 'plain.yaml'], environment(made));
    writeFileSync(join(folder, 'secret.yaml'), text);
    expect(await decrypt(['decrypt', 'secret.yaml'], environment(opened))).toBe(PLAIN);
  });

  test('sops opens, by gpg, what sops-ts made in-process for a subkey', async () => {
    const text = await ours(['encrypt', '--pgp', `${RSA_SUBKEY}!`, 'plain.yaml'], environment('in-process'));
    writeFileSync(join(folder, 'secret.yaml'), text);
    expect(await sops(['decrypt', 'secret.yaml'], environment('gpg'))).toBe(PLAIN);
  });

  test('both ask gpg-agent for the passphrase of a locked key in the same words', async () => {
    const agent = await FakeAgent.start(() => `OK ${Buffer.from('pgp test passphrase').toString('hex')}`);
    const env = environment('in-process', { GPG_AGENT_INFO: `${agent.socket}:0:1`, TERM: 'xterm', DISPLAY: ':1' });
    const text = await ours(['encrypt', '--pgp', LOCKED, 'plain.yaml'], env);
    writeFileSync(join(folder, 'secret.yaml'), text);
    const received = (): string[] => agent.received.splice(0).filter((line) => !line.startsWith('OPTION ttyname'));
    expect(await sops(['decrypt', 'secret.yaml'], env)).toBe(PLAIN);
    const theirs = received();
    expect(await ours(['decrypt', 'secret.yaml'], env)).toBe(PLAIN);
    expect(received()).toEqual(theirs);
    await agent.stop();
  });
});
