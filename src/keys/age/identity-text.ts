/** The texts that identities are kept in: one to a line, with comments (docs/keys/age.md#identities). */
import { SopsError } from '../../errors.js';
import type { AgeIdentity } from './format/file.js';
import { parseX25519Identity } from './x25519.js';

/** An identity, and what trying it may cost the user. */
export type IdentityCandidate =
  /** Nothing. */
  | { readonly kind: 'quiet'; readonly identity: AgeIdentity }
  /** A passphrase, asked for only if a stanza is for its public key. */
  | { readonly kind: 'locked'; readonly identity: AgeIdentity }
  /** The start of a program, which may want to be touched. */
  | { readonly kind: 'plugin'; readonly name: string; readonly text: string }
  /** A passphrase, in any case. */
  | { readonly kind: 'protected'; readonly identity: AgeIdentity & { readonly cacheKey: string } };

/**
 * The identities of a text. Empty lines and lines that begin with `#` are skipped; with `severalPerLine` white space
 * separates identities on a line too. Throws `key` at the first line that is not an identity, naming its number only.
 */
export async function parseIdentities(text: string, severalPerLine: boolean): Promise<IdentityCandidate[]> {
  return parseLines(text, severalPerLine, parseIdentity);
}

/** The identities of a text that may hold native ones only, as protected files may. Throws `key`. */
export async function parseNativeIdentities(text: string): Promise<AgeIdentity[]> {
  return parseLines(text, false, async (word) => {
    const identity = await parseNative(word);
    if (identity === null) throw new SopsError('key', 'unknown identity type');
    return identity;
  });
}

async function parseLines<T>(text: string, severalPerLine: boolean, parse: (word: string) => Promise<T>): Promise<T[]> {
  const parsed: T[] = [];
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    if (line === '' || line.startsWith('#')) continue;
    const words = severalPerLine ? line.split(/\s+/).filter((word) => word !== '') : [line];
    for (const word of words) {
      try {
        parsed.push(await parse(word));
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
        const hint = error.hint ?? MISTAKEN.find(([pattern]) => pattern.test(line))?.[1];
        throw new SopsError('key', `line ${index + 1}: ${error.message}`, {
          ...(hint === undefined ? {} : { hint }),
          cause: error,
        });
      }
    }
  }
  return parsed;
}

async function parseIdentity(text: string): Promise<IdentityCandidate> {
  if (text.startsWith('AGE-PLUGIN-')) {
    return { kind: 'plugin', name: (await import('./plugin/plugin.js')).pluginOfIdentity(text), text };
  }
  const identity = await parseNative(text);
  if (identity === null) throw new SopsError('key', 'unknown identity type');
  return { kind: 'quiet', identity };
}

async function parseNative(text: string): Promise<AgeIdentity | null> {
  if (text.startsWith('AGE-SECRET-KEY-PQ-1')) return (await import('./age-package.js')).parseHybridIdentity(text);
  return text.startsWith('AGE-SECRET-KEY-1') ? parseX25519Identity(text) : null;
}

/** What people put in the place of an identity, and what to do instead. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [
    /^-----BEGIN (?:OPENSSH |RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY/,
    'It is a private SSH key: name its file in SOPS_AGE_SSH_PRIVATE_KEY_FILE, or the command that prints it in SOPS_AGE_SSH_PRIVATE_KEY_CMD.',
  ],
  [
    /^(?:age1|ssh-(?:rsa|ed25519) )/,
    'It is a recipient, which is public: what belongs here is the identity, which begins with AGE-SECRET-KEY-.',
  ],
  [/^-----BEGIN PGP/, 'It is a PGP key: import it into gpg, which opens entries for PGP keys.'],
  [/\0|^\ufffd/, 'The text is in UTF-16, as old PowerShell writes it: save it as UTF-8.'],
  [/^["'\s\ufeff]+AGE-/i, 'Remove what stands before the identity on its line (blanks, quotes, a byte order mark).'],
  [
    /^(?:~|\.{0,2}[\\/]|[a-z]:[\\/])|\.txt$/i,
    'It looks like the path of a file, which belongs into SOPS_AGE_KEY_FILE.',
  ],
  [/^\w+\s*[=:]\s*["']?AGE-/i, 'Remove the name before the identity: it stands alone on its line.'],
];
