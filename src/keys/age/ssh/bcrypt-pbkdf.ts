/** bcrypt_pbkdf of OpenBSD, which OpenSSH derives the keys of locked private keys with (OpenSSH PROTOCOL.key). */
import { createHash } from 'node:crypto';
import { Blowfish } from './blowfish.js';

const MAGIC = 'OxychromaticBlowfishSwatDynamite';
const HASH_LENGTH = 32;
const EXPANSIONS = 64;

/** A key of `length` bytes from a passphrase and a salt, neither empty; `rounds` from 1. */
export function bcryptPbkdf(passphrase: Uint8Array, salt: Uint8Array, length: number, rounds: number): Buffer {
  const key = Buffer.alloc(length);
  // The bytes of one output block are spread over the key, not laid one after the other.
  const blocks = Math.ceil(length / HASH_LENGTH);
  const perBlock = Math.ceil(length / blocks);
  const hashedPassphrase = sha512(passphrase);
  for (let block = 0; block < blocks; block++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(block + 1);
    const output = outputBlock(hashedPassphrase, Buffer.concat([salt, count]), rounds);
    for (let index = 0; index < perBlock && index * blocks + block < length; index++) {
      key[index * blocks + block] = output[index] ?? 0;
    }
  }
  return key;
}

function outputBlock(hashedPassphrase: Buffer, salt: Uint8Array, rounds: number): Buffer {
  let hash = bcryptHash(hashedPassphrase, sha512(salt));
  const output = Buffer.from(hash);
  for (let round = 1; round < rounds; round++) {
    hash = bcryptHash(hashedPassphrase, sha512(hash));
    for (const [index, byte] of hash.entries()) output[index] = (output[index] ?? 0) ^ byte;
  }
  return output;
}

function bcryptHash(passphrase: Buffer, salt: Buffer): Buffer {
  const passphraseWords = wordsOf(passphrase);
  const saltWords = wordsOf(salt);
  const cipher = new Blowfish();
  cipher.expand(passphraseWords, saltWords);
  for (let index = 0; index < EXPANSIONS; index++) {
    cipher.expand(saltWords);
    cipher.expand(passphraseWords);
  }
  const words = wordsOf(Buffer.from(MAGIC, 'latin1'));
  for (let index = 0; index < EXPANSIONS; index++) {
    for (let at = 0; at < words.length; at += 2) cipher.encrypt(words, at);
  }
  const hash = Buffer.alloc(HASH_LENGTH);
  for (const [index, value] of words.entries()) hash.writeUInt32LE(value, index * 4);
  return hash;
}

function wordsOf(bytes: Buffer): Uint32Array {
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4));
}

function sha512(bytes: Uint8Array): Buffer {
  return createHash('sha512').update(bytes).digest();
}
