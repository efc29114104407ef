/** A new age key, for programs and first steps; `age-keygen` does the same. */

/** An X25519 key: the identity (`AGE-SECRET-KEY-1…`, secret) and its recipient (`age1…`). */
export async function generateAgeKey(): Promise<{ identity: string; recipient: string }> {
  const { generateIdentity } = await import('../../keys/age/x25519.js');
  return generateIdentity();
}
