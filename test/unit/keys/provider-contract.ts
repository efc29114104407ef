/** What every provider of a key service must do, as one suite: the provider's tests bring a stand-in of the service. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { KeyProvider, MasterKey } from '../../../src/keys/provider.js';
import { keyTypeRow } from '../../../src/keys/registry.js';
import { trustKeys } from '../../../src/keys/trust.js';
import type { Session } from '../../../src/util/host.js';

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
  /** Texts that are no key; `parse` or, where SOPS looks only then, `wrap` refuses them. */
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
    let subject: Subject;
    beforeAll(async () => {
      subject = await setup();
    });
    beforeEach(() => subject.answer('properly'));
    afterAll(() => subject?.close());

    const keyFor = async (text: string, host = subject.host): Promise<MasterKey> => {
      // As for a flag: the user typed it.
      trustKeys(host, subject.provider.type, [text]);
      const [key, ...more] = await subject.provider.parse(text, host);
      expect(more).toEqual([]);
      return key as MasterKey;
    };
    const wrapped = async (part: Uint8Array, text = subject.text): Promise<MasterKey> => {
      const key = await keyFor(text);
      return { ...key, enc: await subject.provider.wrap(key, part, subject.host) };
    };
    /** The error of something that must fail: of code `key`, one line, without secrets. */
    const reasonOf = async (promise: Promise<unknown>): Promise<SopsError> => {
      const error = await promise.then(
        () => expect.unreachable('it should have failed'),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(SopsError);
      const { code, message, hint = '', detail = '' } = error as SopsError;
      expect(code).toBe('key');
      expect(message).toMatch(/\S/);
      expect(`${message}${hint}`).not.toMatch(/undefined|\[object|\n/);
      for (const secret of [...subject.secrets, ...spellings(PART)]) {
        expect(`${message} ${hint} ${detail}`).not.toContain(secret);
      }
      return error as SopsError;
    };

    test('the registry loads it', async () => {
      expect(await keyTypeRow(subject.provider.type)?.load?.()).toBe(subject.provider);
    });

    test('parse reads lists, fills the fields of the row and contacts nothing', async () => {
      const before = subject.requests();
      const keys = await subject.provider.parse(`${subject.text},${subject.otherText}`, subject.host);
      expect(keys.map((key) => [key.type, key.enc])).toEqual(Array(2).fill([subject.provider.type, '']));
      const fields = keyTypeRow(subject.provider.type)?.fields ?? [];
      for (const key of keys) {
        for (const name of key.fields.keys()) expect(fields.map((field) => field.name)).toContain(name);
        for (const { name, shape } of fields) expect(key.fields.has(name) || shape !== 'text').toBe(true);
      }
      expect(subject.provider.keyString(keys[0] as MasterKey)).toBe(subject.keyString);
      expect(subject.provider.keyString(keys[1] as MasterKey)).not.toBe(subject.keyString);
      expect(await subject.provider.parse('', subject.host)).toEqual([]);
      expect(subject.requests()).toBe(before);
    });

    test('a malformed key is refused before anything is contacted', async () => {
      const before = subject.requests();
      for (const text of subject.malformed) {
        const wrapping = async () => subject.provider.wrap(await keyFor(text), PART, subject.host);
        await reasonOf(wrapping());
      }
      expect(subject.requests()).toBe(before);
    });

    test.each([{ part: PART }, { part: SHARE }])(
      'a part of $part.length bytes is wrapped and opened',
      async ({ part }) => {
        const copy = Buffer.from(part);
        const key = await wrapped(part);
        expect(part).toEqual(copy);
        expect(key.enc).toMatch(/^[\x21-\x7e]+$/);
        expect(spellings(part).filter((spelling) => key.enc.includes(spelling))).toEqual([]);
        expect(Buffer.from(await subject.provider.unwrap(key, subject.host))).toEqual(copy);
      },
    );

    test('keys are used at the same time without mixing them up', async () => {
      const keys = await Promise.all([
        wrapped(PART),
        wrapped(SHARE, subject.otherText),
        wrapped(SHARE),
        wrapped(PART, subject.otherText),
      ]);
      const parts = await Promise.all(keys.map((key) => subject.provider.unwrap(key, subject.host)));
      expect(parts.map((part) => part.length)).toEqual([32, 33, 33, 32]);
    });

    test('another key does not open it', async () => {
      const other = await keyFor(subject.otherText);
      await reasonOf(subject.provider.unwrap({ ...other, enc: (await wrapped(PART)).enc }, subject.host));
    });

    test('a damaged text does not open', async () => {
      const key = await wrapped(PART);
      for (const enc of damages(key.enc)) {
        await reasonOf(subject.provider.unwrap({ ...key, enc }, subject.host));
      }
    });

    test.each(['refusing', 'without-field', 'nonsense'] as const)('a service answering %s', async (mode) => {
      const key = await wrapped(PART);
      subject.answer(mode);
      await reasonOf(subject.provider.wrap(key, PART, subject.host));
      await reasonOf(subject.provider.unwrap(key, subject.host));
      subject.answer('properly');
      expect(await subject.provider.unwrap(key, subject.host)).toHaveLength(32);
    });

    test('a service that cannot be reached', async () => {
      const { host, text } = subject.unreachable;
      const { enc } = await wrapped(PART);
      const key = await keyFor(text, host);
      await reasonOf(subject.provider.wrap(key, PART, host));
      await reasonOf(subject.provider.unwrap({ ...key, enc }, host));
    });

    test('a user without credentials', async () => {
      const { host, text } = subject.withoutCredentials;
      const { enc } = await wrapped(PART);
      const key = await keyFor(text, host);
      await reasonOf(subject.provider.wrap(key, PART, host));
      await reasonOf(subject.provider.unwrap({ ...key, enc }, host));
    });
  });
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
