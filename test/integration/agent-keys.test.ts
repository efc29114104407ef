/** One touch, one PIN: the key agent before keys that ask somebody each time they are used (SOPS_BIN; gpg). */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeBech32 } from '../../src/keys/age/bech32.js';
import { AgentShell } from '../support/agent-shell.js';
import { announceSkipped, findTool, SOPS } from '../support/programs.js';
import { Terminal, TMUX } from '../support/tmux.js';
import { GnupgHome } from '../unit/keys/pgp-rings.js';
import { ProgramFolder } from '../unit/keys/programs.js';

const GPG = findTool('gpg', 'GPG_BIN', ['--version']);
if (!SOPS) announceSkipped(3, 'there is no sops program');
if (!GPG) announceSkipped(1, 'there is no gpg program');

const TIMES = 5;
const desk = new AgentShell();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

/** As many decryptions by each program. */
const DECRYPTIONS = `for n in $(seq ${TIMES}); do "$SOPS" decrypt f.yaml; sops-ts decrypt f.yaml; done`;

describe.skipIf(!SOPS)('a hardware key, behind a plug-in of age', () => {
  const programs = new ProgramFolder();
  const log = join(programs.path, 'log');
  const asked = join(programs.path, 'asked');
  let asker: string;
  beforeAll(() => {
    programs.addFixture('age-plugin-fake');
    asker = programs.addShellScript('asker', `echo "$1" >> '${asked}'; echo 1234`);
  });
  afterEach(() => {
    for (const path of [log, asked]) if (existsSync(path)) writeFileSync(path, '');
  });
  afterAll(() => programs.remove());

  const envFor = (scenario: string, more: Record<string, string> = {}): Record<string, string> => ({
    PATH: `${programs.path}:${desk.env.PATH}`,
    FAKE_PLUGIN_LOG: log,
    SOPS_AGE_KEY: encodeBech32('AGE-PLUGIN-FAKE-', Buffer.from(scenario)),
    SOPS_AGE_RECIPIENTS: encodeBech32('age1fake', Buffer.from('plain')),
    SOPS_AGE_PLUGIN_ALLOWLIST: 'all',
    ...more,
  });
  /** How often the token was touched to open something. */
  const touches = (): number => linesOf(log).filter((line) => line.startsWith('--age-plugin=identity')).length;

  test.each([
    ['sops first', ''],
    ['sops-ts first', 'sops-ts decrypt f.yaml > /dev/null;'],
  ])('is touched once for a file, however often it is opened: %s', async (_, first) => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'f.yaml'), 'a: secret\n');
    const script = `sops-ts encrypt -i f.yaml; eval "$(sops-ts agent start)"; ${first} ${DECRYPTIONS}`;
    expect(await desk.run(script, work, envFor('msg'))).toBe('a: secret\n'.repeat(2 * TIMES));
    expect(touches()).toBe(1);
  });

  test('has its PIN asked for once, through a program', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'f.yaml'), 'a: secret\n');
    const script = `sops-ts encrypt -i f.yaml; eval "$(sops-ts agent start)"; ${DECRYPTIONS}`;
    const env = envFor('secret', { SOPS_TS_ASKPASS: asker });
    expect(await desk.run(script, work, env)).toBe('a: secret\n'.repeat(2 * TIMES));
    expect(linesOf(asked)).toEqual(['fake plugin: PIN?']);
  });

  test('without anybody to ask is not used', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'f.yaml'), 'a: secret\n');
    const script = 'set +e; sops-ts encrypt -i f.yaml; eval "$(sops-ts agent start)"; "$SOPS" decrypt f.yaml 2>&1';
    const said = await desk.run(`${script}; true`, work, envFor('secret'));
    expect(said).not.toContain('a: secret');
    expect(said.replaceAll(/[\s|]+/g, ' ')).toContain('wrong PIN');
  });

  test.skipIf(!TMUX)('has its PIN asked for at the terminal, for sops as well', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'f.yaml'), 'a: secret\n');
    await desk.run('sops-ts encrypt -i f.yaml', work, envFor('plain'));
    const terminal = new Terminal(work, { ...desk.env, ...envFor('secret') });
    try {
      await terminal.sees('ready>');
      terminal.enter('eval "$(sops-ts agent start)"; sops-ts agent unlock f.yaml');
      await terminal.sees('PIN?');
      terminal.enter('1234');
      await terminal.sees('the key agent has the data keys of 1 file');
      terminal.enter(`clear; ${DECRYPTIONS}; echo fin"ished"`);
      const screen = await terminal.sees('finished');
      expect(screen.match(/a: secret/g)).toHaveLength(2 * TIMES);
      expect(screen).not.toContain('PIN');
    } finally {
      terminal.close();
    }
  });
});

/** A pinentry that knows the passphrase, and counts. */
const PINENTRY = (log: string, passphrase: string) => `echo OK ready
while read -r command rest; do
  case "$command" in
    GETPIN) echo asked >> '${log}'; echo 'D ${passphrase}'; echo OK ;;
    BYE) echo OK; exit ;;
    *) echo OK ;;
  esac
done`;

describe.skipIf(!SOPS || !GPG)('a PGP key whose passphrase gpg-agent does not keep, as with a card', () => {
  const home = new GnupgHome();
  const programs = new ProgramFolder();
  const asked = join(programs.path, 'asked');
  let fingerprint = '';
  beforeAll(() => {
    const pinentry = programs.addShellScript('pinentry', PINENTRY(asked, 'pass'));
    home.write('gpg-agent.conf', Buffer.from(`pinentry-program ${pinentry}\ndefault-cache-ttl 0\nmax-cache-ttl 0\n`));
    const env = { ...process.env, GNUPGHOME: home.path };
    const made = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', 'pass'];
    execFileSync(GPG ?? '', [...made, '--quick-gen-key', 'test', 'rsa2048', 'default', 'never'], {
      env,
      stdio: 'ignore',
    });
    const primary = execFileSync(GPG ?? '', ['--list-keys', '--with-colons'], { env, encoding: 'utf8' });
    fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(primary)?.[1] ?? '';
    const added = ['--quick-add-key', fingerprint, 'rsa2048', 'encrypt', 'never'];
    execFileSync(GPG ?? '', [...made, ...added], { env, stdio: 'ignore' });
    spawnSync('gpgconf', ['--kill', 'all'], { env });
  });
  afterAll(() => {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home.path } });
    home.remove();
    programs.remove();
  });

  test('has it asked for once, instead of each time', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'f.yaml'), 'a: secret\n');
    const env = { GNUPGHOME: home.path };
    const plain = await desk.run(`sops-ts encrypt -i --pgp ${fingerprint} f.yaml; ${DECRYPTIONS}`, work, env);
    expect(plain).toBe('a: secret\n'.repeat(2 * TIMES));
    expect(linesOf(asked)).toHaveLength(2 * TIMES);
    writeFileSync(asked, '');
    const kept = await desk.run(`eval "$(sops-ts agent start)"; ${DECRYPTIONS}`, work, env);
    expect(kept).toBe(plain);
    expect(linesOf(asked)).toEqual(['asked']);
  });
});
