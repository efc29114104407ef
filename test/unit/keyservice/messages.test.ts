/** Messages of the key service protocol: those of the real sops, byte for byte, and what is not one. */

import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../src/keyservice/messages.js';
import { decodeFields } from '../../../src/util/text/protobuf.js';
import fc, { anyCharacter } from '../../support/fast-check.js';
import { fixtureText } from '../keys/entries.js';

interface RecordedCall {
  readonly key: Readonly<Record<string, Readonly<Record<string, string | Record<string, string>>>>>;
  readonly bytes_field_hex: string;
  readonly request_hex: string;
}

const CALLS = JSON.parse(fixtureText('keyservice/calls.json')) as readonly RecordedCall[];
/** Fields and types that the protocol calls differently than files do. */
const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  pgp_key: 'pgp',
  azure_keyvault_key: 'azure_kv',
  vault_key: 'hc_vault',
  fingerprint: 'fp',
};

function keyOf(call: RecordedCall): MasterKey {
  const [[name, fields] = ['', {}]] = Object.entries(call.key);
  const entries = Object.entries(fields).map(([field, value]) => {
    const text = typeof value === 'string' ? value : new Map(Object.entries(value));
    return [PROTOCOL_NAMES[field] ?? field, text] as const;
  });
  return { type: PROTOCOL_NAMES[name] ?? name.replace(/_key$/, ''), fields: new Map(entries), enc: '' };
}

const fieldsOf = (key: MasterKey | null | undefined) => new Map([...(key?.fields ?? [])].sort());

describe('requests of sops 3.13.2', () => {
  test('cover every type of key', () => {
    expect(new Set(CALLS.map((call) => keyOf(call).type))).toEqual(new Set(KEY_TYPES.map((row) => row.type)));
  });

  test.each(CALLS.map((call) => [keyOf(call).type, call] as const))('%s', (_type, call) => {
    const payload = Buffer.from(call.bytes_field_hex, 'hex');
    expect(encodeRequest(keyOf(call), payload).toString('hex')).toBe(call.request_hex);
    const { key, payload: read } = decodeRequest(Buffer.from(call.request_hex, 'hex'));
    expect(read).toEqual(payload);
    expect(key?.type).toBe(keyOf(call).type);
    expect(fieldsOf(key)).toEqual(fieldsOf(keyOf(call)));
  });
});

const text = fc.string({ unit: anyCharacter });
const anyKey = fc.constantFrom(...KEY_TYPES).chain((row) =>
  fc
    .tuple(...row.fields.map((field) => (field.shape === 'map?' ? fc.dictionary(text, text) : text)))
    .map((values): MasterKey => {
      const fields = row.fields.flatMap(({ name, shape }, at) => {
        const value = values[at] ?? '';
        const content = typeof value === 'string' ? value : new Map(Object.entries(value));
        const isEmpty = typeof content === 'string' ? content === '' : content.size === 0;
        return isEmpty && shape !== 'text' ? [] : [[name, content] as const];
      });
      return { type: row.type, fields: new Map(fields), enc: '' };
    }),
);
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

describe('messages', () => {
  test('say what they were made of', () => {
    fc.assert(
      fc.property(anyKey, bytes, (key, payload) => {
        const read = decodeRequest(encodeRequest(key, payload));
        expect(read.key).toEqual(key);
        expect(read.payload).toEqual(payload);
        expect(decodeResponse(encodeResponse(payload))).toEqual(payload);
      }),
    );
  });

  test('cut anywhere or of any bytes are read or refused, nothing else', () => {
    const readOrRefuse = (message: Uint8Array): void => {
      for (const decode of [decodeRequest, decodeResponse]) {
        try {
          decode(message);
        } catch (error) {
          expect(error).toBeInstanceOf(SopsError);
          expect((error as SopsError).message).toMatch(/^not a message of the protocol: /);
        }
      }
    };
    fc.assert(fc.property(bytes, readOrRefuse));
    for (const call of CALLS) {
      const whole = Buffer.from(call.request_hex, 'hex');
      for (let length = 0; length < whole.length; length++) readOrRefuse(whole.subarray(0, length));
    }
  });

  test('of a type that the protocol does not know are not made', () => {
    expect(() => encodeRequest({ type: 'new_kms', fields: new Map(), enc: '' }, Buffer.alloc(0))).toThrow(
      'the key service protocol has no keys of type "new_kms"',
    );
  });
});

/** A request's field 1 with some content, in hexadecimal. */
const keyWith = (content: string): string => {
  const length = (content.length / 2).toString(16).padStart(2, '0');
  return `0a${length}${content}`;
};

describe('odd requests', () => {
  test.each([
    ['nothing at all', '', undefined],
    ['no key', '12020102', undefined],
    ['an empty key', keyWith(''), null],
    ['a key of type 8', keyWith('42020a00'), null],
    [
      'a key, and fields that a later version may have',
      `${keyWith('32030a0178')}180122001a0020ac022d010203043101020304050607082a03010203`,
      'age',
    ],
    ['a key with fields that a later version may have', keyWith('32050a01781005'), 'age'],
  ])('%s', (_name, hex, type) => {
    const { key } = decodeRequest(Buffer.from(hex, 'hex'));
    expect(key === null ? null : key?.type).toBe(type);
  });

  test.each([
    ['two keys', keyWith('32030a0178') + keyWith('32030a0178'), 'field 1 is there more than once'],
    ['two types in one key', keyWith('32030a017812030a0178'), 'it names several keys'],
    ['a recipient twice', keyWith('32060a01780a0178'), 'field 1 is there more than once'],
    ['a number for a key', '0801', 'field 1 has the wrong type'],
    ['a number for a recipient', keyWith('32020801'), 'field 1 has the wrong type'],
    ['a text that is not UTF-8', keyWith('32030a01ff'), 'a text is not UTF-8'],
    ['a field without a number', '0200', 'a field without a number'],
    ['a group', '0b0c', 'a field has an unknown type'],
    ['an unknown group', '5b5c', 'a field has an unknown type'],
    ['a wire type that is not one', '0f', 'a field has an unknown type'],
    ['a tag of 33 bits', '8280808010', 'a number is too large'],
    ['a tag without end', '8a808080808000', 'a number is too large'],
    ['a length beyond the message', '0aff01', 'it ends too early'],
    ['a length of 35 bits', '0affffffff7f', 'a number is too large'],
    ['half a number', '18ff', 'it ends too early'],
    ['a number of 80 bits', '18ffffffffffffffffffff01', 'a number is too large'],
    ['half of eight bytes', '19010203', 'it ends too early'],
    ['half of four bytes', '1d0102', 'it ends too early'],
  ])('%s is refused', (_name, hex, reason) => {
    expect(() => decodeRequest(Buffer.from(hex, 'hex'))).toThrow(`not a message of the protocol: ${reason}`);
  });

  test('an entry of a context without name or value has empty ones, and the last of several wins', () => {
    const { key } = decodeRequest(
      Buffer.from(keyWith('0a0d0a01611a0012001a060a016b120176'.replace('1200', '')), 'hex'),
    );
    expect(key?.fields.get('context')).toEqual(
      new Map([
        ['', ''],
        ['k', 'v'],
      ]),
    );
  });
});

test('a number of ten bytes is passed over whole', () => {
  expect(decodeFields(Buffer.from('18ffffffffffffffffff010a0161', 'hex'), [1])).toEqual([
    { number: 1, bytes: Buffer.from('a') },
  ]);
});
