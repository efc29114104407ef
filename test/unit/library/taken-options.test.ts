/** What options hold is taken when a call begins: what its caller does with them afterwards is nothing to it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decryptFile,
  encrypt,
  encryptFile,
  execEnv,
  type Format,
  generateAgeKey,
  inspect,
  loadEnv,
  open,
  rotate,
} from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
let other: string;
beforeAll(async () => {
  desk = new LibraryDesk();
  await desk.seal('s.yaml', 'a: 1\nb: 2\n');
  other = (await generateAgeKey()).recipient;
});
afterAll(() => desk.remove());

describe('lists and objects that change once the call has begun', () => {
  test('recipients', async () => {
    const recipients = [desk.recipient];
    const sealing = encrypt({ a: 1 }, { ...desk.options, config: false, format: 'yaml', recipients });
    recipients.push(other);
    recipients[0] = other;
    expect((await inspect(await sealing)).groups).toEqual([[desk.recipient]]);
  });

  test('who is added and taken out', async () => {
    await desk.seal('r.yaml', 'a: 1\n');
    const add = [other];
    const rotating = rotate('r.yaml', { ...desk.options, config: false, add });
    add.length = 0;
    await rotating;
    expect((await inspect('r.yaml', { cwd: desk.folder })).groups).toEqual([[desk.recipient, other]]);
  });

  test('identities, the environment, names of variables and files', async () => {
    const { cwd } = desk.options;
    const age = [desk.identity];
    const env: Record<string, string> = { SOPS_AGE_KEY: desk.identity };
    const [only, files, decryptionOrder] = [['a'], ['s.yaml'], ['age']];
    const calls = [
      decryptFile('s.yaml', { cwd, env: {}, identities: { age, only: true }, decryptionOrder }),
      decryptFile('s.yaml', { cwd, env }),
      execEnv('s.yaml', { ...desk.options, only }),
      loadEnv({ ...desk.options, files, into: {} }),
    ];
    age[0] = 'x';
    decryptionOrder[0] = 'x';
    env.SOPS_AGE_KEY = 'x';
    only[0] = 'b';
    files[0] = 'x';
    expect(await Promise.all(calls)).toMatchObject([{ a: 1, b: 2 }, { a: 1, b: 2 }, { a: '1' }, { files: ['s.yaml'] }]);
  });
});

/** As far as jsdom's go: Node takes them for no signals. */
class ForeignSignal extends EventTarget {
  aborted = false;
  reason: unknown;

  abort(): void {
    this.aborted = true;
    this.dispatchEvent(new Event('abort'));
  }
}

describe('a signal that is not of Node', () => {
  test('ends a call all the same, before it begins, in its course, and of an open file', async () => {
    const foreign = new ForeignSignal();
    const signal = foreign as unknown as AbortSignal;
    expect(await decryptFile('s.yaml', { ...desk.options, signal })).toEqual({ a: 1, b: 2 });
    const file = await open('s.yaml', { ...desk.options, signal });
    const audit = { record: () => new Promise<void>(() => undefined) };
    const waiting = codeOf(decryptFile('s.yaml', { ...desk.options, signal, audit }));
    foreign.abort();
    expect(await waiting).toBe('aborted');
    expect(await codeOf(decryptFile('s.yaml', { ...desk.options, signal }))).toBe('aborted');
    expect(await codeOf(file.set('a', 3).save())).toBe('aborted');
    expect(await decryptFile('s.yaml', desk.options)).toEqual({ a: 1, b: 2 });
  });

  test('must be one that can be listened to', async () => {
    const signal = { aborted: false } as AbortSignal;
    expect(await codeOf(decryptFile('s.yaml', { ...desk.options, signal }))).toBe('usage');
  });
});

describe('a format that loses what it prints', () => {
  const format = (print: Format['print']): Format => ({ name: 'own', extensions: ['.own'], parse: JSON.parse, print });
  test.each<[string, Format['print']]>([
    ['a value', (data) => JSON.stringify({ ...data, a: undefined })],
    ['an end of a text', (data) => JSON.stringify(data).replaceAll(' ', '')],
    ['all of it', () => '{}'],
  ])('%s: is refused before anything is written', async (_, print) => {
    const options = { ...desk.options, config: false, recipients: [desk.recipient] } as const;
    const lossy = { ...options, formats: [format(print)] };
    expect(await codeOf(encrypt({ a: 'x ', b: 1 }, { ...lossy, format: 'own' }))).toBe('output-format');
    desk.write('f.own', '{"b":1}');
    await encryptFile('f.own', { ...options, formats: [format(JSON.stringify)] });
    const file = await open('f.own', { ...desk.options, formats: lossy.formats }).catch(() => undefined);
    if (file) expect(await codeOf((async () => file.set('a', 'x ').save())())).toBe('output-format');
  });
});
