/** What every provider of a key service must do, as one suite: the provider's tests bring a stand-in of the service. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { KeyProvider, MasterKey } from '../../../src/keys/provider.js';
import { keyTypeRow } from '../../../src/keys/registry.js';
import { trustKeys } from '../../../src/keys/trust.js';
import type { Session } from '../../../src/util/host/host.js';

/** How the stand-in answers requests to wrap and to unwrap; signing in goes on to work. */
export type AnswerMode =
  /** With real cryptography, each key its own, so that a wrong key and a damaged text are noticed. */
  | 'properly'
  /** As the service does when access is denied (HTTP 403 or its like). */
  | 'refusing'
  /** With success, in the service's own form, but without the field that is asked for. */
  | 'without-field'
  /** With success and a body that is not of the service's form at all, e.g. the HTML page of a proxy. */
  | 'nonsense'
  /** As it does for a key that there is not, and for credentials that do not hold any more. */
  | 'absent'
  | 'expired';

/** Surroundings and the text of a key to use in them. */
export interface Place {
  readonly host: Session;
  readonly text: string;
}

/** A provider and a stand-in of its service. */
export interface Subject {
  readonly provider: KeyProvider;
  /** Surroundings in which both keys can be used. */
  readonly host: Session;
  /** A key of the service as users write it, and its key string. */
  readonly text: string;
  readonly keyString: string;
  /** Another key of the service, with the same credentials. */
  readonly otherText: string;
  /** Texts that are not a key; `parse` or, where SOPS looks only then, `wrap` refuses them. */
  readonly malformed: readonly string[];
  /** The user's credentials and tokens: no error may show them. */
  readonly secrets: readonly string[];
  /** The service is there, the credentials are not. Nothing else may be contacted (no metadata server). */
  readonly withoutCredentials: Place;
  /** Nothing listens where the service should be. */
  readonly unreachable: Place;
  /** How many requests the stand-in got so far, of any sort. */
  requests(): number;
  answer(mode: AnswerMode): void;
  close(): Promise<void>;
}

const PART = Buffer.from(Array.from({ length: 32 }, (_, index) => 0xa1 + index));
const SHARE = Buffer.concat([PART, Buffer.from([7])]);

/** Runs the suite. `setup` is called once. */
export function providerContract(name: string, setup: () => Promise<Subject>): void {
  describe(`${name} keeps the contract of providers`, () => {
    const subject = new TriedSubject();
    beforeAll(async () => {
      subject.tried = await setup();
    });
    beforeEach(() => subject.get().answer('properly'));
    afterAll(() => subject.tried?.close());
    testParsing(subject);
    testParts(subject);
    testOtherTexts(subject);
    testServices(subject);
  });
}

/** What is tried, once it is set up. */
class TriedSubject {
  tried: Subject | undefined;

  get(): Subject {
    return this.tried ?? expect.unreachable('the subject was not set up');
  }

  async keyFor(text: string, host = this.get().host): Promise<MasterKey> {
    const { provider } = this.get();
    // As for a flag: the user typed it.
    trustKeys(host, provider.type, [text]);
    const [key, ...more] = await provider.parse(text, host);
    expect(more).toEqual([]);
    return key as MasterKey;
  }

  async wrapped(part: Uint8Array, text = this.get().text): Promise<MasterKey> {
    const key = await this.keyFor(text);
    return { ...key, enc: await this.get().provider.wrap(key, part, this.get().host) };
  }

  /** The error of something that must fail: of code `key`, one line, without secrets. */
  async reasonOf(promise: Promise<unknown>): Promise<SopsError> {
    const error = await promise.then(
      () => expect.unreachable('it should have failed'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SopsError);
    const { code, message, hint = '', detail = '' } = error as SopsError;
    expect(code).toBe('key');
    expect(message).toMatch(/\S/);
    expect(`${message}${hint}`).not.toMatch(/undefined|\[object|\n/);
    for (const secret of [...this.get().secrets, ...spellings(PART)]) {
      expect(`${message} ${hint} ${detail}`).not.toContain(secret);
    }
    return error as SopsError;
  }

  /** Wraps and opens a part, which must both fail. */
  async neitherWraps({ host, text }: Place): Promise<void> {
    const { provider } = this.get();
    const { enc } = await this.wrapped(PART);
    const key = await this.keyFor(text, host);
    await this.reasonOf(provider.wrap(key, PART, host));
    await this.reasonOf(provider.unwrap({ ...key, enc }, host));
  }
}

function testParsing(subject: TriedSubject): void {
  test('the registry loads it', async () => {
    const { provider } = subject.get();
    expect(await keyTypeRow(provider.type)?.load?.()).toBe(provider);
  });

  test('parse reads lists, fills the fields of the row and contacts nothing', async () => {
    const { provider, host, text, otherText, keyString, requests } = subject.get();
    const before = requests();
    const keys = await provider.parse(`${text},${otherText}`, host);
    expect(keys.map((key) => [key.type, key.enc])).toEqual(Array(2).fill([provider.type, '']));
    const fields = keyTypeRow(provider.type)?.fields ?? [];
    for (const key of keys) {
      for (const name of key.fields.keys()) expect(fields.map((field) => field.name)).toContain(name);
      for (const { name, shape } of fields) expect(key.fields.has(name) || shape !== 'text').toBe(true);
    }
    expect(provider.keyString(keys[0] as MasterKey)).toBe(keyString);
    expect(provider.keyString(keys[1] as MasterKey)).not.toBe(keyString);
    expect(await provider.parse('', host)).toEqual([]);
    expect(requests()).toBe(before);
  });

  test('a malformed key is refused before anything is contacted', async () => {
    const { provider, host, malformed, requests } = subject.get();
    const before = requests();
    for (const text of malformed) {
      const wrapping = async () => provider.wrap(await subject.keyFor(text), PART, host);
      await subject.reasonOf(wrapping());
    }
    expect(requests()).toBe(before);
  });
}

function testParts(subject: TriedSubject): void {
  test.each([{ part: PART }, { part: SHARE }])(
    'a part of $part.length bytes is wrapped and opened',
    async ({ part }) => {
      const { provider, host } = subject.get();
      const copy = Buffer.from(part);
      const key = await subject.wrapped(part);
      expect(part).toEqual(copy);
      expect(key.enc).toMatch(/^[\x21-\x7e]+$/);
      expect(spellings(part).filter((spelling) => key.enc.includes(spelling))).toEqual([]);
      expect(await provider.isWrapped?.(key.enc)).not.toBe(false);
      for (const enc of ['%%%', `${key.enc}\n!`]) expect(await provider.isWrapped?.(enc)).not.toBe(true);
      expect(Buffer.from(await provider.unwrap(key, host))).toEqual(copy);
    },
  );

  test('keys are used at the same time without mixing them up', async () => {
    const { provider, host, otherText } = subject.get();
    const keys = await Promise.all([
      subject.wrapped(PART),
      subject.wrapped(SHARE, otherText),
      subject.wrapped(SHARE),
      subject.wrapped(PART, otherText),
    ]);
    const parts = await Promise.all(keys.map((key) => provider.unwrap(key, host)));
    expect(parts.map((part) => part.length)).toEqual([32, 33, 33, 32]);
  });
}

function testOtherTexts(subject: TriedSubject): void {
  test('another key does not open it', async () => {
    const { provider, host, otherText } = subject.get();
    const other = await subject.keyFor(otherText);
    await subject.reasonOf(provider.unwrap({ ...other, enc: (await subject.wrapped(PART)).enc }, host));
  });

  test('a damaged text does not open', async () => {
    const { provider, host } = subject.get();
    const key = await subject.wrapped(PART);
    for (const enc of damages(key.enc)) await subject.reasonOf(provider.unwrap({ ...key, enc }, host));
  });
}

function testServices(subject: TriedSubject): void {
  test.each(['refusing', 'without-field', 'nonsense'] as const)('a service answering %s', async (mode) => {
    const { provider, host, answer } = subject.get();
    const key = await subject.wrapped(PART);
    answer(mode);
    await subject.reasonOf(provider.wrap(key, PART, host));
    await subject.reasonOf(provider.unwrap(key, host));
    answer('properly');
    expect(await provider.unwrap(key, host)).toHaveLength(32);
  });

  test('a service that cannot be reached', () => subject.neitherWraps(subject.get().unreachable));

  test('a user without credentials', () => subject.neitherWraps(subject.get().withoutCredentials));
}

/** How a part could show in a text. */
function spellings(part: Uint8Array): string[] {
  const bytes = Buffer.from(part);
  return (['base64', 'base64url', 'hex', 'latin1'] as const).map((encoding) => bytes.toString(encoding));
}

/** Empty, cut, one character changed, and no text of any service. */
function damages(enc: string): string[] {
  const middle = Math.floor(enc.length * 0.7);
  const changed = enc[middle] === 'A' ? 'B' : 'A';
  return ['', enc.slice(0, -8), enc.slice(0, middle) + changed + enc.slice(middle + 1), '%%%', `${enc}\n!`];
}
