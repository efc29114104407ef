/** A configuration that is another user's, or that others can write, is refused, with how to allow it. */
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { getuid } from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const isRoot = getuid?.() === 0;
const STRANGER = 12_345;
const RULES = (recipient: string) => `creation_rules:\n  - age: ${recipient}\n`;

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
beforeEach(() => {
  desk.clear();
  mkdirSync(desk.path('work'), { mode: 0o755 });
  desk.write('work/.sops.yaml', RULES(desk.recipient));
  chmodSync(desk.path('work/.sops.yaml'), 0o644);
  desk.write('work/f.yaml', 'a: 1\n');
});
afterAll(() => desk.remove());

/** Encrypts by the configuration alone. */
const encrypt = (env: Record<string, string> = {}, config = 'work/.sops.yaml') =>
  desk.run(['--config', config, 'encrypt', 'work/f.yaml'], { env: { SOPS_AGE_RECIPIENTS: '', ...env } });
const file = () => desk.path('work/.sops.yaml');
const folder = () => dirname(file());

/** Refused with a reason, and allowed in the ways that the error names. */
async function expectUnsafe(reason: RegExp): Promise<void> {
  const refused = await encrypt();
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(reason) });
  expect(refused.stderr).toContain('work/.sops.yaml may not be your own');
  expect(refused.stderr).toContain('SOPS_TS_SAFE_DIRECTORIES');
  expect(refused.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
  for (const listed of [folder(), dirname(folder()), `/nowhere:${folder()}/`, 'work', '*']) {
    expect(await encrypt({ SOPS_TS_SAFE_DIRECTORIES: listed }), listed).toMatchObject({ status: 0, stderr: '' });
  }
  for (const listed of ['', '/nowhere', `${folder()}2`, folder().slice(0, -1)]) {
    expect((await encrypt({ SOPS_TS_SAFE_DIRECTORIES: listed })).status, listed).toBe(1);
  }
  const asSops = await encrypt({ SOPS_TS_AS: 'sops' });
  expect(asSops).toMatchObject({ status: 0, stderr: expect.stringMatching(reason) });
}

describe('a configuration is refused', () => {
  test.each([0o646, 0o666, 0o647])('that others can write: %o', async (mode) => {
    chmodSync(file(), mode);
    await expectUnsafe(/others can write it \(mode 0\d+\)/);
  });

  test('in a folder where others can write', async () => {
    chmodSync(folder(), 0o777);
    await expectUnsafe(/others can write in its folder \S+work \(mode 0777\)/);
  });

  test('behind a link, into such a folder', async () => {
    symlinkSync('work/.sops.yaml', desk.path('.sops.yaml'));
    expect((await encrypt({}, '.sops.yaml')).status).toBe(0);
    chmodSync(folder(), 0o777);
    const refused = await encrypt({}, '.sops.yaml');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('others can write in its folder') });
  });

  test.runIf(isRoot)('that belongs to another user', async () => {
    chownSync(file(), STRANGER, STRANGER);
    await expectUnsafe(/belongs to another user \(uid 12345\)/);
  });

  test.runIf(isRoot)('in a folder of another user', async () => {
    chownSync(folder(), STRANGER, STRANGER);
    await expectUnsafe(/its folder \S+work belongs to another user/);
  });

  test.runIf(isRoot)('that a group can write', async () => {
    chownSync(file(), 0, STRANGER);
    chmodSync(file(), 0o664);
    await expectUnsafe(/others can write it/);
  });
});

describe('a configuration is used', () => {
  test('that only the user can write, or nobody', async () => {
    for (const mode of [0o644, 0o600, 0o400]) {
      chmodSync(file(), mode);
      expect(await encrypt(), mode.toString(8)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  test("in a sticky folder, if it is the user's own", async () => {
    chmodSync(folder(), 0o1777);
    expect(await encrypt()).toMatchObject({ status: 0, stderr: '' });
  });

  test.runIf(isRoot)('under sudo, of whoever called it', async () => {
    chownSync(file(), STRANGER, STRANGER);
    chownSync(folder(), STRANGER, STRANGER);
    expect(await encrypt({ SUDO_UID: String(STRANGER) })).toMatchObject({ status: 0, stderr: '' });
    expect((await encrypt({ SUDO_UID: '1' })).status).toBe(1);
  });

  test('that is a device', async () => {
    const ran = await desk.run(['--config', '/dev/null', 'encrypt', 'work/f.yaml']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });
});

test('an unsafe one does not keep anybody from reading, and is told', async () => {
  const sealed = await desk.encrypt('f.yaml', 'a: 1\n');
  desk.write('work/s.yaml', sealed);
  chmodSync(file(), 0o666);
  const ran = await desk.run(['--config', 'work/.sops.yaml', 'decrypt', 'work/s.yaml']);
  expect(ran.status).toBe(0);
  expect(ran.stderr).toContain('the configuration is not used: work/.sops.yaml may not be your own');
  expect(ran.stderr).toContain('SOPS_TS_SAFE_DIRECTORIES');
});

test('one that is found upwards is looked at, too', async () => {
  rmSync(file());
  desk.write('.sops.yaml', RULES(desk.recipient));
  chmodSync(desk.path('.sops.yaml'), 0o666);
  const ran = await desk.run(['encrypt', 'work/f.yaml'], { env: { SOPS_AGE_RECIPIENTS: '' } });
  expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('.sops.yaml may not be your own') });
});
