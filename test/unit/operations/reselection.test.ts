/** `updatekeys --selection`: a rule's changed selection and order of recipients, applied to files that exist. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';

let desk: Desk;
const other = generateIdentity().recipient;
const env = { SOPS_AGE_RECIPIENTS: '' };
const TEXT = '# top\nkind: Secret   # what\ndata:\n  a: "one"\n  b: |\n    two\n    lines\nport: 0x1F\nlist: [x, 2]\n';

beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

function rule(...lines: string[]): void {
  desk.write('.sops.yaml', `creation_rules:\n  - ${lines.join('\n    ')}\n`);
}

async function updated(...flags: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const ran = await desk.run(['updatekeys', '--yes', '--selection', ...flags, 'a.yaml'], { env });
  return { status: ran.status, stdout: ran.stdout.toString(), stderr: ran.stderr };
}

async function plain(): Promise<string> {
  const ran = await desk.run(['decrypt', 'a.yaml']);
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  return ran.stdout.toString();
}

/** The ciphertext of a key. */
function sealedOf(key: string): string | undefined {
  return new RegExp(`\\b${key}: (.*ENC\\[.*\\])`).exec(desk.text('a.yaml'))?.[1];
}

async function begin(): Promise<void> {
  rule(`age: ${desk.recipient}`);
  desk.write('a.yaml', TEXT);
  expect((await desk.run(['encrypt', '-i', 'a.yaml'], { env })).status).toBe(0);
}

describe('the selection', () => {
  test('decrypts what is not selected any more, and keeps the ciphertext of the rest', async () => {
    await begin();
    const before = sealedOf('a');
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    const { status, stdout, stderr } = await updated();
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('+++ encrypted_regex: ^data$\n--- unencrypted_suffix: _unencrypted\n'),
    ]);
    expect(stderr).toContain('what it selects is encrypted, the rest is in clear');
    const text = desk.text('a.yaml');
    expect(text).toMatch(/^# top\nkind: Secret {3}# what$/m);
    expect(text).toMatch(/^port: 0x1F$/m);
    expect(text).toContain('encrypted_regex: ^data$');
    expect(text).not.toContain('unencrypted_suffix');
    expect(before).toBeDefined();
    expect(sealedOf('a')).toBe(before);
    expect(await plain()).toBe(TEXT);
  });

  test('encrypts what is selected now', async () => {
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    desk.write('a.yaml', TEXT);
    await desk.run(['encrypt', '-i', 'a.yaml'], { env });
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^(data|port|list)$', 'mac_only_encrypted: true');
    const { status, stdout } = await updated();
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('+++ encrypted_regex: ^(data|port|list)$, mac_only_encrypted'),
    ]);
    expect(desk.text('a.yaml')).toMatch(/^port: ENC\[.*type:int\]$/m);
    expect(desk.text('a.yaml')).toContain('mac_only_encrypted: true');
    expect(await plain()).toBe(TEXT);
    expect((await updated()).stderr).toContain('already up to date');
  });

  test('together with recipients, under a new data key when one was removed', async () => {
    rule(`age: ${desk.recipient},${other}`);
    desk.write('a.yaml', TEXT);
    await desk.run(['encrypt', '-i', 'a.yaml'], { env });
    const before = sealedOf('a');
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    expect((await updated()).stderr).toContain('new data key');
    expect(sealedOf('a')).not.toBe(before);
    expect(desk.text('a.yaml')).not.toContain(other);
    expect(desk.text('a.yaml')).toMatch(/^port: 0x1F$/m);
    expect(await plain()).toBe(TEXT);
  });

  test('a recipient that comes with it can open the file', async () => {
    await begin();
    const friend = generateIdentity();
    rule(`age: ${desk.recipient},${friend.recipient}`, 'encrypted_regex: ^data$');
    expect((await updated()).status).toBe(0);
    const ran = await desk.run(['decrypt', 'a.yaml'], { env: { SOPS_AGE_KEY: friend.identity } });
    expect(ran.stdout.toString()).toBe(TEXT);
  });

  test('--check tells, changes nothing, and needs no key; without --selection it is not looked at', async () => {
    await begin();
    const before = desk.text('a.yaml');
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    const ran = await desk.run(['updatekeys', '--check', '--selection', '--json', 'a.yaml'], {
      env: { ...env, SOPS_AGE_KEY: '' },
    });
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout.toString())).toMatchObject({
      outdated: 1,
      files: [
        {
          result: 'outdated',
          change: { selection: { after: { selection: { option: 'encrypted_regex', text: '^data$' } } } },
        },
      ],
    });
    expect((await desk.run(['updatekeys', '--check', 'a.yaml'], { env })).status).toBe(0);
    expect(desk.text('a.yaml')).toBe(before);
  });

  test('one that selects nothing is refused, and so is a file that was changed', async () => {
    await begin();
    const before = desk.text('a.yaml');
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^nobody$');
    expect(await updated()).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing would be encrypted') });
    expect(desk.text('a.yaml')).toBe(before);
    desk.write('a.yaml', before.replace(/lastmodified: "\d/, 'lastmodified: "1'));
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    expect((await updated()).status).toBe(51);
  });

  test('a binary file has none', async () => {
    rule(`age: ${desk.recipient}`);
    desk.write('a.bin', new Uint8Array([0, 255]));
    await desk.run(['encrypt', '-i', 'a.bin'], { env });
    rule(`age: ${desk.recipient}`, 'encrypted_regex: ^data$');
    const ran = await desk.run(['updatekeys', '--check', '--selection', 'a.bin'], { env });
    expect(ran.status).toBe(0);
  });
});

test('the order of recipients', async () => {
  rule(`age: ${other},${desk.recipient}`);
  desk.write('a.yaml', TEXT);
  await desk.run(['encrypt', '-i', 'a.yaml'], { env });
  const before = sealedOf('a');
  rule(`age: ${desk.recipient},${other}`);
  expect((await desk.run(['updatekeys', '--check', 'a.yaml'], { env })).status).toBe(0);
  const { status, stdout } = await updated();
  expect([status, stdout]).toEqual([0, expect.stringContaining("recipients in the rule's order\n")]);
  const text = desk.text('a.yaml');
  expect(text.indexOf(desk.recipient)).toBeLessThan(text.indexOf(other));
  expect(sealedOf('a')).toBe(before);
  expect(await plain()).toBe(TEXT);
  expect((await updated()).stderr).toContain('already up to date');
});
