/** The vectors of Sealed Secrets (fixtures/sealed-secrets/README.md). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = new URL('../../fixtures/sealed-secrets', import.meta.url).pathname;

export interface SealedValueVector {
  readonly key: string;
  readonly label: string;
  readonly rsa_len: number;
  readonly session_key_hex?: string;
  readonly plaintext_b64: string;
}

export interface SealedVector {
  readonly id: string;
  readonly about: string;
  readonly secret?: string;
  readonly args?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly exit?: number;
  readonly stderr?: string;
  readonly sealed?: string;
  readonly values?: readonly SealedValueVector[];
  readonly unseal_exit?: number;
  readonly unseal_stderr?: string;
  readonly unsealed?: string;
  readonly before?: string;
  readonly after?: string;
  /** Of `--raw` cases: the sealed text, and what is in it. */
  readonly raw?: string;
  readonly label?: string;
  readonly rsa_len?: number;
  readonly session_key_hex?: string;
  readonly plaintext_b64?: string;
}

export const SEALED_VECTORS = JSON.parse(sealedFixture('index.json')) as readonly SealedVector[];

/** The path of a file of the fixtures. */
export function sealedPath(file: string): string {
  return join(FIXTURES, file);
}

export function sealedFixture(file: string): string {
  return readFileSync(sealedPath(file), 'utf8');
}
