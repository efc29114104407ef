/** Types of keys that callers of the library bring: in files, beside ours, and what is refused. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  decryptData,
  decryptFile,
  encrypt,
  encryptFile,
  inspect,
  type KeyProvider,
  open,
  rotate,
  updateKeys,
} from '../../../src/index.js';
import { LibraryDesk } from '../../support/library-desk.js';

/** Turns bits about, and notes by which name. */
class Module implements KeyProvider {
  readonly type = 'hsm';
  readonly recipient = /^hsm:/g;
  readonly asked: string[] = [];

  async wrap(part: Uint8Array, key: { fields: Readonly<Record<string, unknown>> }): Promise<string> {
    this.asked.push(`wrap ${key.fields.recipient}`);
    return Buffer.from(part.map((byte) => byte ^ 0xff)).toString('hex');
  }

  async unwrap(wrapped: string, key: { fields: Readonly<Record<string, unknown>> }): Promise<Uint8Array> {
    this.asked.push(`unwrap ${key.fields.recipient}`);
    return Uint8Array.from(Buffer.from(wrapped, 'hex').map((byte) => byte ^ 0xff));
  }
}

let desk: LibraryDesk;
let provider: Module;
beforeAll(() => {
  desk = new LibraryDesk();
});
beforeEach(() => {
  desk.clear();
  provider = new Module();
});
afterAll(() => desk.remove());

const options = () => ({ ...desk.options, config: false, providers: [provider] }) as const;
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );

describe('keys of a type of the caller', () => {
  test.each(['json', 'yaml', 'dotenv', 'toml'] as const)('wrap and open a %s file', async (format) => {
    const sealed = await encrypt({ a: 'x' }, { ...options(), format, recipients: ['hsm:slot 7', 'hsm:slot 8'] });
    expect(Buffer.from(sealed).toString()).toMatch(/hsm/);
    expect(await decryptData(sealed, { ...options(), format })).toEqual({ a: 'x' });
    expect(provider.asked.slice(0, 2).toSorted()).toEqual(['wrap hsm:slot 7', 'wrap hsm:slot 8']);
    expect(provider.asked.slice(2).every((one) => one.startsWith('unwrap hsm:slot '))).toBe(true);
    // Nobody else knows that type.
    expect(await codeOf(decryptData(sealed, { ...desk.options, config: false, format }))).toBe('metadata-invalid');
  });

  test('stand beside others, come and go, and stay when a value changes', async () => {
    desk.write('s.yaml', 'a: 1\n');
    await encryptFile('s.yaml', { ...options(), recipients: [desk.recipient, 'hsm:one'] });
    const only = { ...options(), identities: { only: true }, env: {} };
    expect(await decryptFile('s.yaml', only)).toEqual({ a: 1 });
    const file = await open('s.yaml', options());
    await file.set('a', 2).save();
    await rotate('s.yaml', { ...options(), add: ['hsm:two'], remove: [desk.recipient] });
    const { groups } = await inspect('s.yaml', { cwd: desk.folder, providers: [provider] });
    expect(groups).toEqual([['hsm:one', 'hsm:two']]);
    expect(await decryptFile('s.yaml', only)).toEqual({ a: 2 });
  });

  test('what says no is a reason, and no part of the key is in it', async () => {
    const sealed = await encrypt({ a: 1 }, { ...options(), format: 'json', recipients: ['hsm:one'] });
    const broken = {
      ...provider,
      type: 'hsm',
      wrap: provider.wrap,
      unwrap: () => Promise.reject(new Error('no token')),
    };
    const call = decryptData(sealed, { ...options(), providers: [broken], format: 'json' });
    expect(await call.catch((error: unknown) => error)).toMatchObject({
      code: 'data-key-not-recovered',
      detail: expect.stringContaining('no token'),
    });
  });

  test.each([
    { type: 'hsm' },
    { type: 'mac', recipient: /^x/ },
    { type: 'key_groups', recipient: /^x/ },
    { type: 'Own Type', recipient: /^x/ },
  ])('is refused where it cannot be told apart: %j', async (changes) => {
    const { wrap, unwrap } = provider;
    const call = encrypt({ a: 1 }, { ...desk.options, format: 'json', providers: [{ wrap, unwrap, ...changes }] });
    expect(await codeOf(call)).toBe('usage');
  });

  test('with updateKeys a rule has other recipients in its place', async () => {
    desk.write('s.yaml', 'a: 1\n');
    await encryptFile('s.yaml', { ...options(), recipients: ['hsm:one'] });
    const text = `creation_rules: [{age: ${desk.recipient}}]\n`;
    const changes = await updateKeys('s.yaml', { ...options(), config: { text } });
    expect(changes.length).toBeGreaterThan(0);
    expect(await decryptFile('s.yaml', { ...desk.options, config: false })).toEqual({ a: 1 });
  });
});
