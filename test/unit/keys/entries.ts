/** Entries of the fixtures, and a check that a data key is theirs. */
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { MasterKey } from '../../../src/keys/provider.js';

const FOLDER = new URL('../../../fixtures/keys/', import.meta.url);

export interface EncryptedFile {
  readonly keys: readonly MasterKey[];
  /** What `greeting` decrypts to under a data key; throws for another key than the file's. */
  greeting(dataKey: Uint8Array): string;
}

export function fixturePath(name: string): string {
  return new URL(name, FOLDER).pathname;
}

export function fixtureText(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** Reads an encrypted YAML or JSON file of the fixtures; `field` is what names a key of that type. */
export function readEncrypted(name: string, type: 'age' | 'pgp', field: string): EncryptedFile {
  return parseEncrypted(fixtureText(name), type, field);
}

export function parseEncrypted(text: string, type: 'age' | 'pgp', field: string): EncryptedFile {
  const document = parse(text);
  const entries: Record<string, string>[] = document.sops[type];
  const keys = entries.map((entry): MasterKey => {
    return { type, fields: new Map([[field, entry[field] ?? '']]), enc: entry.enc ?? '' };
  });
  return { keys, greeting: (dataKey) => decryptValue(document.greeting, dataKey, 'greeting:') };
}

function decryptValue(text: string, dataKey: Uint8Array, path: string): string {
  const part = (name: string) => Buffer.from(new RegExp(`[[,]${name}:([^,\\]]*)`).exec(text)?.[1] ?? '', 'base64');
  const decipher = createDecipheriv('aes-256-gcm', dataKey, part('iv'), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(path)).setAuthTag(part('tag'));
  return decipher.update(part('data'), undefined, 'utf8') + decipher.final('utf8');
}
