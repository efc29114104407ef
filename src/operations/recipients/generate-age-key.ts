/** A new age key, for programs and first steps; `age-keygen` does the same. */

export interface AgeKeyRequest {
  /** A hybrid key of ML-KEM-768 and X25519. */
  readonly postQuantum?: boolean | undefined;
}

/** A key: the identity (`AGE-SECRET-KEY-1…`, secret) and its recipient (`age1…`); X25519 unless another is asked for. */
export async function generateAgeKey({ postQuantum = false }: AgeKeyRequest = {}): Promise<{
  identity: string;
  recipient: string;
}> {
  if (postQuantum) return (await import('../../keys/age/age-package.js')).generateHybridIdentity();
  const { generateIdentity } = await import('../../keys/age/x25519.js');
  return generateIdentity();
}
