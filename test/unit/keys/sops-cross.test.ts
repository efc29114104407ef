/** What we wrap the real sops unwraps, and the other way round; needs a sops program (SOPS_BIN, or on PATH). */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import { pgpProvider } from '../../../src/keys/pgp/pgp.js';
import type { KeyProvider, MasterKey } from '../../../src/keys/provider.js';
import { trustKeys } from '../../../src/keys/trust.js';
import { FakeAgent } from './agent.js';
import { fixturePath, fixtureText, parseEncrypted, readEncrypted } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const SOPS = process.env.SOPS_BIN ?? 'sops';
const hasSops = spawnSync(SOPS, ['--version', '--disable-version-check']).status === 0;
const hasGpg = spawnSync('gpg', ['--version']).status === 0;

const folder = new ProgramFolder();
afterAll(() => folder.remove());

const native = generateIdentity();
const hybridText = fixtureText('identities/age-hybrid.txt');
const publicLine = (name: string) => fixtureText(`identities/${name}.pub`).trim();
const sshFile = (name: string) => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: fixturePath(`identities/${name}`) });

const AGE_CASES: readonly [string, string, Record<string, string>][] = [
  ['X25519', native.recipient, { SOPS_AGE_KEY: native.identity }],
  ['hybrid', /# public key: (\S+)/.exec(hybridText)?.[1] ?? '', { SOPS_AGE_KEY: hybridText }],
  ['ssh-ed25519', publicLine('ssh-ed25519'), sshFile('ssh-ed25519')],
  ['ssh-rsa', publicLine('ssh-rsa'), sshFile('ssh-rsa-pem')],
  [
    'a plug-in',
    encodeBech32('age1fake', Buffer.from('plain')),
    { SOPS_AGE_KEY: encodeBech32('AGE-PLUGIN-FAKE-', Buffer.from('plain')) },
  ],
];
const PGP_CASES = ['2C851F83570ED80E15EA329DA0BB3225B77A1DA4', '5B97EF21040CABCEFAE48F3F53BEE7FCB183697F'];

const count = hasSops ? 0 : 2 * (AGE_CASES.length + PGP_CASES.length) + 1;
if (count > 0)
  console.warn(`SKIPPED: there is no sops program (SOPS_BIN or PATH), so ${count} cross tests did not run`);

describe.skipIf(!hasSops)('with the real sops', () => {
  const encrypted = readEncrypted('age/x25519.yaml', 'age', 'recipient');
  let dataKey: Uint8Array;
  let gpgHome = '';
  beforeAll(async () => {
    folder.addFixture('age-plugin-fake');
    const host = hostOf({ env: { SOPS_AGE_KEY_FILE: fixturePath('identities/age-x25519.txt') } });
    dataKey = await ageProvider.unwrap(encrypted.keys[0] as MasterKey, host);
    if (!hasGpg) return;
    gpgHome = mkdtempSync(join(tmpdir(), 'g-'));
    chmodSync(gpgHome, 0o700);
    for (const name of ['pgp-rsa', 'pgp-ecc']) {
      const args = ['--batch', '--quiet', '--import', fixturePath(`identities/${name}.asc`)];
      execFileSync('gpg', args, { env: { ...process.env, GNUPGHOME: gpgHome }, stdio: 'ignore' });
    }
  });
  afterAll(() => {
    if (gpgHome === '') return;
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: gpgHome } });
    rmSync(gpgHome, { recursive: true, force: true });
  });

  const environment = (env: Record<string, string>) => ({
    PATH: `${folder.path}:${process.env.PATH}`,
    HOME: folder.path,
    GPG_AGENT_INFO: '',
    SOPS_DISABLE_VERSION_CHECK: '1',
    ...env,
  });
  const runSops = (args: readonly string[], env: Record<string, string>) =>
    execFileSync(SOPS, args, { env: environment(env), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  /** The fixture with one entry, of ours, in place of its own. */
  async function withEntry(provider: KeyProvider, text: string, env: Record<string, string>): Promise<string> {
    const host = hostOf({ env: environment(env) });
    trustKeys(host, provider.type, [text]);
    const [key] = (await provider.parse(text, host)) as [MasterKey];
    const enc = await provider.wrap(key, dataKey, host);
    const document = parse(fixtureText('age/x25519.yaml'));
    document.sops.age = [];
    const dated = provider.type === 'age' ? {} : { created_at: '2026-01-02T03:04:05Z' };
    document.sops[provider.type] = [{ ...Object.fromEntries(key.fields), ...dated, enc }];
    return folder.write(
      'ours.yaml',
      stringify(document, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
    );
  }

  async function unwrapTheirs(
    provider: KeyProvider,
    field: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<string> {
    const plain = folder.write('plain.yaml', 'greeting: hello\n');
    const type = provider.type as 'age' | 'pgp';
    const theirs = parseEncrypted(runSops(['encrypt', ...args, plain], env), type, field);
    return theirs.greeting(await provider.unwrap(theirs.keys[0] as MasterKey, hostOf({ env: environment(env) })));
  }

  test.each(AGE_CASES)('%s: sops opens ours', async (_name, recipient, env) => {
    expect(runSops(['decrypt', await withEntry(ageProvider, recipient, env)], env)).toContain('greeting: hello');
  });

  test.each(AGE_CASES)('%s: we open theirs', async (_name, recipient, env) => {
    expect(await unwrapTheirs(ageProvider, 'recipient', ['--age', recipient], env)).toBe('hello');
  });

  test.skipIf(!hasGpg).each(PGP_CASES)('PGP %s: sops opens ours', async (fingerprint) => {
    const env = { GNUPGHOME: gpgHome };
    expect(runSops(['decrypt', await withEntry(pgpProvider, fingerprint, env)], env)).toContain('greeting: hello');
  });

  test.skipIf(!hasGpg).each(PGP_CASES)('PGP %s: we open theirs', async (fingerprint) => {
    expect(await unwrapTheirs(pgpProvider, 'fp', ['--pgp', fingerprint], { GNUPGHOME: gpgHome })).toBe('hello');
  });

  test('gpg-agent hears the same from both', async () => {
    const agent = await FakeAgent.start(() => `OK ${Buffer.from('correct horse battery staple').toString('hex')}`);
    const env = {
      SOPS_AGE_KEY_FILE: fixturePath('identities/age-protected.bin'),
      GPG_AGENT_INFO: `${agent.socket}:0:1`,
      TERM: 'xterm',
      DISPLAY: ':1',
    };
    const file = 'age/age-protected-bin.yaml';
    const key = readEncrypted(file, 'age', 'recipient').keys[0] as MasterKey;
    await ageProvider.unwrap(key, hostOf({ env: environment(env) }));
    // The terminal's name is a matter of how the tests are run.
    const ours = agent.received.splice(0).filter((line) => !line.startsWith('OPTION ttyname'));
    // Not execFileSync: the agent lives in this process.
    await promisify(execFile)(SOPS, ['decrypt', fixturePath(file)], { env: environment(env) });
    expect(agent.received.filter((line) => !line.startsWith('OPTION ttyname'))).toEqual(ours);
    await agent.stop();
  });
});
