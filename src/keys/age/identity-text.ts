/** The texts that identities are kept in: one to a line, with comments (spec keys-and-config.md section 2.7). */
import { SopsError } from '../../errors.js';
import type { AgeIdentity } from './file.js';
import { parseX25519Identity } from './x25519.js';

/** An identity, and what it costs the user to try it. */
export type Candidate = { readonly kind: 'quiet'; readonly identity: AgeIdentity };

/**
 * The identities of a text. Empty lines and lines that begin with `#` are skipped; with `severalPerLine` white space
 * separates identities on a line too. Throws `key` at the first line that is not an identity, naming its number only.
 */
export async function parseIdentities(text: string, severalPerLine: boolean): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    if (line === '' || line.startsWith('#')) continue;
    const words = severalPerLine ? line.split(/\s+/).filter((word) => word !== '') : [line];
    for (const word of words) {
      try {
        candidates.push(await parseIdentity(word));
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
        throw new SopsError('key', `line ${index + 1}: ${error.message}`, { cause: error });
      }
    }
  }
  return candidates;
}

async function parseIdentity(text: string): Promise<Candidate> {
  if (text.startsWith('AGE-SECRET-KEY-PQ-1')) {
    return { kind: 'quiet', identity: (await import('./age-package.js')).parseHybridIdentity(text) };
  }
  if (text.startsWith('AGE-SECRET-KEY-1')) return { kind: 'quiet', identity: parseX25519Identity(text) };
  throw new SopsError('key', 'unknown identity type');
}
