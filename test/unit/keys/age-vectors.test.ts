/** The CCTV vectors of the age format, through the native modules and, for hybrid keys, the package behind them. */
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import * as vectors from 'cctv-age';
import { describe, expect } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { decodeArmor, encodeArmor } from '../../../src/keys/age/format/armor.js';
import { type AgeIdentity, openAgeFile } from '../../../src/keys/age/format/file.js';
import { readHeader, writeMac, writeSigned } from '../../../src/keys/age/format/header.js';
import { parseNativeIdentities } from '../../../src/keys/age/identity-text.js';
import { passphraseIdentity } from '../../../src/keys/age/passphrase-identity.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

interface Vector {
  readonly expect: string;
  readonly payload: string | undefined;
  readonly identities: readonly string[];
  readonly passphrases: readonly string[];
  readonly armored: boolean;
  readonly file: Buffer;
}

function readVector(bytes: Uint8Array): Vector {
  const whole = Buffer.from(bytes);
  const end = whole.indexOf('\n\n');
  const fields = whole
    .toString('utf8', 0, end)
    .split('\n')
    .map((line) => line.split(': ', 2) as [string, string]);
  const all = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value);
  const rest = whole.subarray(end + 2);
  return {
    expect: all('expect')[0] ?? '',
    payload: all('payload')[0],
    identities: all('identity'),
    passphrases: all('passphrase'),
    armored: all('armored')[0] === 'yes',
    file: all('compressed')[0] === 'zlib' ? inflateSync(rest) : rest,
  };
}

/** What tells the failure classes of the vectors apart in our messages. */
const FAILURES: Readonly<Record<string, RegExp>> = {
  'no match': /^no match$/,
  'HMAC failure': /^bad header MAC$/,
  'header failure': /failed to read header|invalid \w+ recipient block/,
  'payload failure': /^failed to decrypt and authenticate payload chunk/,
  'armor failure': /^invalid armor: /,
};

async function decrypt(vector: Vector): Promise<Buffer> {
  const identities: AgeIdentity[] = vector.passphrases.map(passphraseIdentity);
  identities.push(...(await parseNativeIdentities(vector.identities.join('\n'))));
  const file = vector.armored ? decodeArmor(vector.file.toString('latin1')) : vector.file;
  return openAgeFile(file, async (header) => {
    for (const identity of identities) {
      const fileKey = await identity.unwrap(header);
      if (fileKey !== null) return fileKey;
    }
    throw new SopsError('key', 'no match');
  });
}

describe('CCTV age vectors', () => {
  const all = Object.entries(vectors).map(([name, bytes]) => [name, readVector(bytes)] as const);

  test('are all there', () => {
    expect(all.length).toBeGreaterThan(140);
    expect([...new Set(all.map(([, vector]) => vector.expect))].sort()).toEqual(
      ['success', ...Object.keys(FAILURES)].sort(),
    );
  });

  test.each(all)('%s', async (_name, vector) => {
    if (vector.expect === 'success') {
      const payload = await decrypt(vector);
      expect(createHash('sha256').update(payload).digest('hex')).toBe(vector.payload);
      return;
    }
    const error = await decrypt(vector).then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(SopsError);
    expect((error as SopsError).code).toBe('key');
    expect((error as SopsError).message).toMatch(FAILURES[vector.expect] ?? /unknown expectation/);
  });

  const readable = all.filter(([, vector]) => !/^(header|armor) failure$/.test(vector.expect));
  test.each(readable)('%s: header and armor are written as they were read', (name, vector) => {
    const text = vector.file.toString('latin1');
    const file = vector.armored ? decodeArmor(text) : vector.file;
    const header = readHeader(file);
    expect(Buffer.concat([writeSigned(header.stanzas), writeMac(header.mac)]).equals(header.bytes)).toBe(true);
    const plain = vector.armored && !/crlf|no_eol|whitespace/.test(name);
    if (plain) expect(encodeArmor(file)).toBe(text);
  });
});
