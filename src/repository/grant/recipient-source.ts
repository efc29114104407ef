/** Where a recipient comes from: the word itself, a file of public keys, or a server that has somebody's keys. */
import { SopsError } from '../../errors.js';
import type { FoundRecipient } from '../../keys/provider.js';
import { KEY_TYPES, type KeyTypeRow } from '../../keys/registry.js';
import { statOrThrow, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { encodeText } from '../../util/text/text.js';

/** A recipient that may be meant. */
export interface Candidate extends FoundRecipient {
  /** Type identifier of the registry's row. */
  readonly type: string;
  /** Makes it usable on this machine; absent where it is. */
  adopt?(): Promise<void>;
}

/** What a word came to. */
export interface FoundCandidates {
  readonly candidates: readonly Candidate[];
  /** Where they are from: a path, or a URL; undefined for the word itself. */
  readonly origin: string | undefined;
}

/** Nobody has so many keys; a file that is larger is another one. */
const MOST_BYTES = 1 << 20;
const MILLISECONDS = 30_000;
/** What must not be shown to anybody, whoever asks for it here. */
const PRIVATE = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|AGE-SECRET-KEY-|AGE-PLUGIN-/i;

/** The recipients that a word stands for. Throws `key` for a private key, and for anything but these three. */
export async function candidatesFor(word: string, host: Session): Promise<FoundCandidates> {
  const text = word.trim();
  if (PRIVATE.test(text)) throw privateKey('what was given');
  const row = KEY_TYPES.find(({ recipient }) => recipient.test(text));
  if (row) {
    const found = await (await row.load?.())?.recipientsIn?.(encodeText(text), host);
    return {
      origin: undefined,
      candidates: (found ?? [{ recipient: text }]).map((one) => ({ ...one, type: row.type })),
    };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return fetched(text, host);
  const content = contentOfFile(word, host);
  return { origin: word, candidates: await candidatesIn(content, oneLine(word), host) };
}

async function candidatesIn(content: Uint8Array, origin: string, host: Session): Promise<Candidate[]> {
  if (PRIVATE.test(Buffer.from(content).toString('latin1'))) throw privateKey(origin);
  for (const row of KEY_TYPES) {
    const provider = await row.load?.();
    const found = await provider?.recipientsIn?.(content, host);
    if (!found) continue;
    const adopt = async (): Promise<void> => provider?.adopt?.(content, host);
    return found.map((one) => ({ ...one, type: row.type, ...(one.isNew ? { adopt } : {}) }));
  }
  throw new SopsError('key', `${origin} holds no public key`, { hint: `It may hold ${KINDS}.` });
}

const KINDS = 'age recipients (age1…), SSH keys (ssh-ed25519 or ssh-rsa, one a line), or a PGP public key';

function contentOfFile(path: string, host: Session): Uint8Array {
  const absolute = resolve(host.cwd, path);
  const stats = statOrThrow(absolute);
  if (!stats) {
    const known = KEY_TYPES.map(({ title, named }: KeyTypeRow) => `${title} ${named}`).join(', ');
    throw new SopsError('key', `${JSON.stringify(oneLine(path))} is neither a recipient nor a URL nor a file`, {
      hint: `Give a recipient (${known}), a file of public keys, or an address such as https://github.com/NAME.keys.`,
    });
  }
  if (!stats.isFile() || stats.size > MOST_BYTES)
    throw new SopsError('key', `${oneLine(path)} is not a small file, as files of public keys are`);
  try {
    return readFileSync(absolute);
  } catch (cause) {
    throw new SopsError('key', `cannot read ${oneLine(path)}: ${systemReason(cause)}`, { cause });
  }
}

/** Whoever can change what is read on the way, or name another server, would be the one who is let in. */
async function fetched(text: string, host: Session): Promise<FoundCandidates> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') {
    throw new SopsError('key', 'public keys are fetched by https only', {
      hint: 'Whoever sits in between could put in a key of their own: save the key to a file, compare it with its owner, and name the file.',
    });
  }
  if (url.username || url.password)
    throw new SopsError('key', 'the address of public keys must not hold a user name or password');
  const { sendRequest } = await import('../../services/http/request.js');
  const headers = { Accept: 'text/plain, application/pgp-keys, */*' };
  const answer = await sendRequest({ method: 'GET', url, headers, timeout: MILLISECONDS }, host);
  const origin = url.origin + url.pathname;
  if (answer.status >= 300 && answer.status < 400) {
    throw new SopsError(
      'key',
      `${origin} leads elsewhere, which is not followed: ${oneLine(String(answer.headers.location ?? ''))}`,
      {
        hint: 'If that is the right place, name it.',
      },
    );
  }
  if (answer.status !== 200) {
    throw new SopsError('key', `${origin} answers with status ${answer.status}`, {
      hint: 'Is the name written right?',
    });
  }
  return { origin, candidates: await candidatesIn(encodeText(answer.body), origin, host) };
}

function privateKey(where: string): SopsError {
  return new SopsError('key', `${oneLine(where)} is a private key, or holds one: its owner alone must have it`, {
    hint: 'Ask for the public key: age1…, the file .pub beside it, or gpg --export --armor. If the private one was sent to you, it must be replaced.',
  });
}
