/** The kinds of age recipients: how each is told by its text, checked, and loaded (docs/keys/age.md#recipients). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import type { AgeRecipient } from './format/file.js';
import { parseX25519Recipient } from './x25519.js';

interface RecipientKind {
  matches(text: string): boolean;
  /** How messages call it. */
  readonly called: string;
  /** Throws `key` for a malformed text, without starting anything. */
  parse(text: string, host: Host): Promise<AgeRecipient>;
}

const isPlugin = (text: string): boolean => text.startsWith('age1') && text.lastIndexOf('1') > 'age'.length;

/** The first that matches is it. */
const KINDS: readonly RecipientKind[] = [
  {
    matches: (text) => text.startsWith('age1pq1'),
    called: 'Bech32-encoded age public key',
    parse: async (text) => (await import('./age-package.js')).parseHybridRecipient(text),
  },
  {
    matches: isPlugin,
    called: 'age key from age plugin',
    parse: async (text, host) => (await import('./plugin/plugin.js')).pluginRecipient(text, host),
  },
  {
    matches: (text) => text.startsWith('age1'),
    called: 'Bech32-encoded age public key',
    parse: async (text) => parseX25519Recipient(text),
  },
  {
    matches: (text) => text.startsWith('ssh-'),
    called: 'age-ssh public key',
    parse: async (text) => (await import('./ssh/ssh.js')).parseSshRecipient(text),
  },
];

/** Characters of a recipient in messages; SSH keys are long. */
const MOST_SHOWN = 100;

/** The recipient of a text as it stands in a flag, in `.sops.yaml` or in a file. Throws `key` for a malformed one. */
export async function parseRecipient(text: string, host: Host): Promise<AgeRecipient> {
  // A mistake that people make; what they gave must not be quoted.
  if (/^AGE-/i.test(text)) {
    throw new SopsError('key', 'failed to parse input: this is an identity, which is secret, and not a recipient', {
      hint: 'Give the recipient that belongs to it (age1…); age-keygen -y prints it.',
    });
  }
  const kind = KINDS.find((candidate) => candidate.matches(text));
  if (kind === undefined) {
    throw new SopsError('key', `failed to parse input, unknown recipient type: ${JSON.stringify(text)}`);
  }
  try {
    return await kind.parse(text, host);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
    const message = `failed to parse input as ${kind.called}: ${error.message}: ${JSON.stringify(shown)}`;
    throw new SopsError('key', message, { cause: error });
  }
}

/** The plug-in that encrypting for a (well-formed) recipient would start; null if none. */
export async function pluginStartedFor(text: string): Promise<string | null> {
  if (KINDS.find((kind) => kind.matches(text))?.matches !== isPlugin) return null;
  return (await import('./plugin/plugin.js')).pluginOfRecipient(text);
}
