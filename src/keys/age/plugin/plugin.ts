/** Recipients (`age1<name>1…`) and identities (`AGE-PLUGIN-<NAME>-1…`) that a program `age-plugin-<name>` handles. */
import { SopsError } from '../../../errors.js';
import type { Host } from '../../../util/host/host.js';
import { decodeBech32 } from '../bech32.js';
import { type AgeIdentity, type AgeRecipient, FILE_KEY_LENGTH, stanzaRecipient } from '../format/file.js';
import type { AgeHeader, Stanza } from '../format/header.js';
import { PluginSession } from './session.js';

/** What a name may consist of; above all no path separator. */
const NAME = /^[a-z0-9+._-]+$/;
const RECIPIENT_PREFIX = 'age1';
const IDENTITY_PREFIX = 'AGE-PLUGIN-';

/** The plug-in that a recipient `age1<name>1…` names. Throws `key` for a malformed one. */
export function pluginOfRecipient(text: string): string {
  const { prefix } = decodeBech32(text);
  return checkName(prefix.startsWith(RECIPIENT_PREFIX) ? prefix.slice(RECIPIENT_PREFIX.length) : '');
}

/** The plug-in that an identity `AGE-PLUGIN-<NAME>-1…` names. Throws `key` for a malformed one, without quoting it. */
export function pluginOfIdentity(text: string): string {
  const { prefix } = decodeBech32(text);
  const named = prefix.startsWith(IDENTITY_PREFIX) && prefix.endsWith('-');
  return checkName(named ? prefix.slice(IDENTITY_PREFIX.length, -1).toLowerCase() : '');
}

function checkName(name: string): string {
  if (!NAME.test(name)) throw new SopsError('key', 'malformed plug-in name');
  return name;
}

/** A recipient whose plug-in is started when something is encrypted for it. */
export function pluginRecipient(text: string, host: Host): AgeRecipient {
  const name = pluginOfRecipient(text);
  return stanzaRecipient(async (fileKey) => {
    const session = await PluginSession.start(name, 'recipient-v1', host);
    try {
      return await wrapBy(session, text, fileKey);
    } finally {
      await session.close();
    }
  });
}

/** The identities of one plug-in, which is started once per file for all of them. */
export function pluginIdentity(name: string, texts: readonly string[], host: Host): AgeIdentity {
  return {
    async unwrap(header) {
      const session = await PluginSession.start(name, 'identity-v1', host);
      try {
        return await unwrapBy(session, texts, header);
      } finally {
        await session.close();
      }
    },
  };
}

/** The next step when a plug-in refuses, by what it was to do. */
const ADVICE = {
  wrap: 'The plug-in could not encrypt for it: check the recipient, and what the plug-in needs (a token, a service).',
  unwrap:
    'The plug-in could not use your identity: see that its token is there, and that PIN and touch were right, then run it again.',
  wrongAnswer: 'The plug-in answers what it should not: see that it is up to date.',
};

async function wrapBy(session: PluginSession, text: string, fileKey: Uint8Array): Promise<Stanza[]> {
  session.hide(
    Buffer.from(fileKey)
      .toString('base64')
      .replace(/={1,2}$/, ''),
  );
  session.send('add-recipient', [text]);
  session.send('wrap-file-key', [], fileKey);
  // Labels say which recipients may share a file; here each has a file of its own, so they need no comparing.
  session.send('extension-labels');
  session.send('done');
  const stanzas: Stanza[] = [];
  const errors: string[] = [];
  await session.converse(({ type, args, body }) => {
    if (type === 'recipient-stanza') {
      const [index, stanzaType, ...rest] = args;
      if (index !== '0' || stanzaType === undefined) {
        throw session.failure('malformed recipient stanza', ADVICE.wrongAnswer);
      }
      stanzas.push({ type: stanzaType, args: rest, body });
      return true;
    }
    if (type === 'error') errors.push(Buffer.from(body).toString('utf8'));
    return type === 'error' || type === 'labels';
  });
  if (errors[0] !== undefined) throw session.failure(errors[0], ADVICE.wrap);
  if (stanzas.length === 0) throw session.failure('received zero recipient stanzas', ADVICE.wrap);
  return stanzas;
}

async function unwrapBy(session: PluginSession, texts: readonly string[], header: AgeHeader): Promise<Buffer | null> {
  for (const text of texts) {
    session.hide(text);
    session.send('add-identity', [text]);
  }
  for (const { type, args, body } of header.stanzas) session.send('recipient-stanza', ['0', type, ...args], body);
  session.send('done');
  let fileKey: Buffer | null = null;
  const errors: string[] = [];
  await session.converse(({ type, args, body }) => {
    if (type === 'file-key') {
      if (args.length !== 1 || args[0] !== '0' || fileKey !== null || body.length !== FILE_KEY_LENGTH) {
        throw session.failure('malformed file-key stanza', ADVICE.wrongAnswer);
      }
      fileKey = Buffer.from(body);
      return true;
    }
    if (type === 'error') errors.push(Buffer.from(body).toString('utf8'));
    return type === 'error';
  });
  if (fileKey === null && errors[0] !== undefined) throw session.failure(errors[0], ADVICE.unwrap);
  return fileKey;
}
