/** The messages of the key service protocol, made from the rows of the key types (docs/keyservice.md#protocol). */
import { SopsError } from '../errors.js';
import type { KeyFields, MasterKey } from '../keys/provider.js';
import { type EntryField, KEY_TYPES, type KeyTypeRow, keyTypeRow } from '../keys/registry.js';
import { decodeFields, decodeString, encodeField, encodePresent, onlyField } from '../util/text/protobuf.js';
import { encodeText } from '../util/text/text.js';

/** The methods; the protocol's file has no package, so the service's name stands alone. */
export const ENCRYPT_PATH = '/KeyService/Encrypt';
export const DECRYPT_PATH = '/KeyService/Decrypt';
/** More than any request or answer needs, in bytes; the longest are age entries of plug-ins and hybrid keys, a few KiB. */
export const MOST_MESSAGE_BYTES = 256 * 1024;

/** Fields of the requests of both methods, and of their answers. */
const KEY = 1;
const PAYLOAD = 2;
const RESULT = 1;
/** Fields of an entry of a map. */
const MAP_KEY = 1;
const MAP_VALUE = 2;

/** A request for one key: to wrap a part, or to open what a wrapping gave. */
export interface KeyRequest {
  /** Undefined when the request names no key; null for a key of no known type. Its `enc` is empty. */
  readonly key: MasterKey | null | undefined;
  /** The part, or the bytes of `enc`. */
  readonly payload: Buffer;
}

type MutableFields = Map<string, string | ReadonlyMap<string, string>>;

export function encodeRequest(key: MasterKey, payload: Uint8Array): Buffer {
  return Buffer.concat([encodePresent(KEY, encodeKey(key)), encodeField(PAYLOAD, payload)]);
}

/** Throws `key` for what is not a request. */
export function decodeRequest(message: Uint8Array): KeyRequest {
  const fields = decodeFields(message, [KEY, PAYLOAD]);
  const key = onlyField(fields, KEY);
  return { key: key && decodeKey(key), payload: onlyField(fields, PAYLOAD) ?? Buffer.alloc(0) };
}

export function encodeResponse(result: Uint8Array): Buffer {
  return encodeField(RESULT, result);
}

/** The bytes of `enc`, or the part. Throws `key` for what is no answer. */
export function decodeResponse(message: Uint8Array): Buffer {
  return onlyField(decodeFields(message, [RESULT]), RESULT) ?? Buffer.alloc(0);
}

function encodeKey(key: MasterKey): Buffer {
  const row = keyTypeRow(key.type);
  if (!row) throw new SopsError('key', `the key service protocol has no keys of type ${JSON.stringify(key.type)}`);
  return encodePresent(row.wireField, encodeKeyFields(row, key.fields));
}

function encodeKeyFields(row: KeyTypeRow, fields: KeyFields): Buffer {
  const inOrder = [...row.fields].sort((one, other) => one.wireField - other.wireField);
  return Buffer.concat(
    inOrder.map(({ name, wireField }) => {
      const value = fields.get(name) ?? '';
      return typeof value === 'string' ? encodeField(wireField, encodeText(value)) : encodeMap(wireField, value);
    }),
  );
}

function encodeMap(number: number, map: ReadonlyMap<string, string>): Buffer {
  const entries = [...map].map(([name, value]) =>
    encodePresent(
      number,
      Buffer.concat([encodeField(MAP_KEY, encodeText(name)), encodeField(MAP_VALUE, encodeText(value))]),
    ),
  );
  return Buffer.concat(entries);
}

/** The key of a `Key` message; null when its type is not among the known ones. */
function decodeKey(message: Buffer): MasterKey | null {
  const numbers = KEY_TYPES.map((row) => row.wireField);
  const [field, another] = decodeFields(message, numbers);
  if (another) throw new SopsError('key', 'not a message of the protocol: it names several keys');
  const row = field && KEY_TYPES.find((one) => one.wireField === field.number);
  return row ? { type: row.type, fields: decodeKeyFields(row, field.bytes), enc: '' } : null;
}

/** As if read from a file: texts that may be absent there are absent when empty. */
function decodeKeyFields(row: KeyTypeRow, message: Buffer): KeyFields {
  const found = decodeFields(
    message,
    row.fields.map((field) => field.wireField),
  );
  const fields: MutableFields = new Map();
  for (const field of row.fields) {
    const value = decodeKeyField(field, found);
    if (field.shape === 'text' || (typeof value === 'string' ? value !== '' : value.size > 0)) {
      fields.set(field.name, value);
    }
  }
  return fields;
}

function decodeKeyField(
  { shape, wireField }: EntryField,
  found: ReturnType<typeof decodeFields>,
): string | ReadonlyMap<string, string> {
  if (shape !== 'map?') return decodeString(onlyField(found, wireField) ?? Buffer.alloc(0));
  const map = new Map<string, string>();
  for (const { bytes } of found.filter(({ number }) => number === wireField)) {
    const entry = decodeFields(bytes, [MAP_KEY, MAP_VALUE]);
    const part = (number: number): string => decodeString(onlyField(entry, number) ?? Buffer.alloc(0));
    map.set(part(MAP_KEY), part(MAP_VALUE));
  }
  return map;
}
