/** What `git textconv` shows: plaintext with a key, else the bytes, and never an error, a question or a program that only a file names. */
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { FakeAgent } from '../keys/agent.js';
import { fixturePath } from '../keys/entries.js';
import { ProgramFolder } from '../keys/programs.js';

const PLAIN = 'a: hunter2\nb: 1.10   # as it is\n';

const PGP_ENTRY = `    pgp:
        - created_at: "2026-01-01T00:00:00Z"
          enc: x
          fp: 2C851F83570ED80E15EA329DA0BB3225B77A1DA4
`;

let desk: Desk;
let sealed: Buffer;
const programs = new ProgramFolder();

beforeAll(async () => {
  desk = new Desk();
  sealed = await desk.encrypt('a.yaml', PLAIN);
});
afterAll(() => {
  desk.remove();
  programs.remove();
});

const shown = (name: string, env: Record<string, string> = {}, ...flags: readonly string[]): Promise<Ran> =>
  desk.run(['git', 'textconv', ...flags, desk.path(name)], { env });
const asText = ({ status, stdout, stderr }: Ran) => [status, stdout.toString(), stderr];

describe('git textconv', () => {
  test.each([
    ['a.yaml', PLAIN],
    ['a.json', '{"a": "hunter2"}\n'],
    ['a.env', 'A=hunter2\n'],
    ['a.ini', '[s]\na = hunter2\n'],
    ['a.bin', 'hunter2\0'],
  ])('prints the plaintext of %s', async (name, text) => {
    desk.write(name, await desk.encrypt(name, text));
    expect(asText(await shown(name))).toEqual([0, text, '']);
  });

  const broken = (change: (text: string) => string) => (): Buffer => Buffer.from(change(sealed.toString()));
  test.each<[string, () => Buffer]>([
    ['a plain file', () => Buffer.from(PLAIN)],
    ['an empty file', () => Buffer.alloc(0)],
    ['a text about SOPS', () => Buffer.from('see sops: ENC[AES256_GCM,data:…]\n')],
    ['bytes of any kind', () => Buffer.from([0, 0xff, 0xfe, 0x0a, 0x80])],
    ['metadata cut off', broken((text) => text.slice(0, text.indexOf('    mac:')))],
    ['broken YAML', broken((text) => `${text}\n\tb: [`)],
    ['a changed value', broken((text) => text.replace('data:', 'data:AAAA'))],
    ['a MAC of something else', broken((text) => text.replace('b: ', 'c: '))],
    [
      'the marks of a merge',
      broken((text) => text.replace(/^(a: .*\n)/, '<<<<<<< ours\n$1=======\n$1>>>>>>> theirs\n')),
    ],
    [
      'marks within the key of a recipient',
      broken((text) => text.replace(/^( +-----END.*\n)/m, '<<<<<<< ours\n$1=======\n$1>>>>>>> theirs\n')),
    ],
  ])('gives back the bytes of %s', async (_, content) => {
    desk.write('b.yaml', content());
    const ran = await shown('b.yaml');
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout.equals(content())).toBe(true);
  });

  test('is quiet without a key, and says why when asked', async () => {
    desk.write('a.yaml', sealed);
    expect(asText(await shown('a.yaml', { SOPS_AGE_KEY: '' }))).toEqual([0, sealed.toString(), '']);
    const told = await shown('a.yaml', { SOPS_AGE_KEY: '' }, '--verbose');
    expect(told.stderr).toContain(`warning: ${desk.path('a.yaml')} is shown as it is: Failed to get the data key`);
    expect(told.stdout.equals(sealed)).toBe(true);
  });

  test('takes a configuration that cannot be used for none', async () => {
    desk.write('a.yaml', sealed);
    desk.write('.sops.yaml', 'creation_rules: 7\n');
    expect(asText(await shown('a.yaml'))).toEqual([0, PLAIN, '']);
    desk.write('.sops.yaml', '');
  });

  test('a file that is not there is an error', async () => {
    expect((await shown('absent.yaml')).status).not.toBe(0);
    expect((await desk.run(['git', 'textconv'])).status).toBe(1);
    expect((await desk.run(['git', 'textconv', 'a.yaml', 'b.yaml'])).status).toBe(1);
  });

  test('a program that does not answer is ended with the time for it', async () => {
    desk.write('a.yaml', sealed);
    const mark = desk.path('began');
    const slow = programs.addShellScript('slow', `echo > '${mark}'; exec sleep 60`);
    const env = { SOPS_AGE_KEY: '', SOPS_AGE_KEY_CMD: slow, SOPS_TS_KEY_TIMEOUT: '1' };
    const start = Date.now();
    expect(asText(await shown('a.yaml', env))).toEqual([0, sealed.toString(), '']);
    expect(existsSync(mark)).toBe(true);
    expect(Date.now() - start).toBeLessThan(20_000);
  });

  test('an agent is asked for what it remembers, and not to ask anybody', async () => {
    const agent = await FakeAgent.start(() => 'ERR 67108922 No data');
    const locked = fixturePath('identities/age-protected.asc');
    desk.write('a.yaml', sealed);
    const env = { SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: locked, GPG_AGENT_INFO: agent.socket };
    expect(asText(await shown('a.yaml', env))).toEqual([0, sealed.toString(), '']);
    const questions = agent.received.filter((line) => !line.startsWith('OPTION '));
    expect(questions.length).toBeGreaterThan(0);
    for (const question of questions) expect(question).toMatch(/^GET_PASSPHRASE --no-ask /);
    await agent.stop();
  });

  test('gpg is run so that its agent asks nobody', async () => {
    const said = desk.path('said');
    const gpg = programs.addShellScript('gpg-told', `echo "$@" > '${said}'; exit 2`);
    writeFileSync(desk.path('p.yaml'), sealed.toString().replace(/^ {4}age:$/m, `${PGP_ENTRY}    age:`));
    const env = { SOPS_AGE_KEY: '', SOPS_GPG_EXEC: gpg };
    expect((await shown('p.yaml', env)).status).toBe(0);
    expect(desk.text('said')).toMatch(/--batch --pinentry-mode error/);
  });
});
