/** Encrypting: files and contents, for recipients that are given or by the rules of the configuration. */
import { formatNamed, formatOfName } from '../formats/registry.js';
import { KEY_TYPES, keyTypes } from '../keys/registry.js';
import type { EncryptRequest } from '../operations/requests.js';
import { encryptFile as runEncrypt } from '../operations/write/encrypt.js';
import { checkHoldsTexts } from '../operations/write/held-texts.js';
import type { Session } from '../util/host/host.js';
import { isOf } from '../util/realms.js';
import { encodeText } from '../util/text/text.js';
import { inCall } from './call.js';
import {
  checkedOptions,
  checkedPath,
  checkFormat,
  chosenFormat,
  ENCRYPTING,
  isBytes,
  KINDS,
  type OptionKinds,
  ownBytes,
  usage,
} from './options.js';
import { collector, named } from './read.js';
import type { AnyFormat, Data, EncryptOptions, FormatName, Recipient } from './types.js';
import { checkBytes, checkedText, checkNulls, treeOf, withTimesAsTexts } from './values.js';

const TO: OptionKinds = {
  to: { wanted: 'a path or a file: URL', fits: (value) => typeof value === 'string' || isOf(URL, value) },
};

/** Encrypts a file: into another one, or in place. `format` is what it is, where its name does not tell. */
export async function encryptFile(
  path: string | URL,
  o?: EncryptOptions & { to?: string | URL; format?: AnyFormat },
): Promise<void> {
  const options = checkedOptions('encryptFile', o, { ...ENCRYPTING, ...TO, format: KINDS.TEXT });
  const { format } = options;
  if (format !== undefined) checkFormat('encryptFile', format, options);
  const file = checkedPath('encryptFile', path);
  const to = options.to === undefined ? undefined : checkedPath('encryptFile', options.to);
  await inCall(options, async ({ host, request }) => {
    const output = to === undefined ? ({ kind: 'in-place' } as const) : ({ kind: 'file', path: to } as const);
    const inputType = chosenFormat(format);
    const outputType = (to === undefined ? undefined : otherFormat(file, to, inputType)) ?? inputType;
    const input = { kind: 'file', path: file } as const;
    try {
      await runEncrypt({ ...newFile(options, host), ...request, input, output, inputType, outputType }, host);
    } catch (error) {
      throw named(error, file);
    }
  });
}

/**
 * Encrypts a text, bytes, or plain data, and returns the encrypted file. `filename` is what the rules of the configuration are compared
 * with, and need not exist.
 */
export async function encrypt(
  content: string | Uint8Array | Data,
  o: EncryptOptions & { format: AnyFormat; filename?: string },
): Promise<Uint8Array> {
  const options = checkedOptions('encrypt', o, { ...ENCRYPTING, format: KINDS.TEXT, filename: KINDS.TEXT });
  checkFormat('encrypt', options.format, options);
  return inCall(options, async ({ host, request }) => {
    const { format, filename } = options;
    const bytes = await contentOf(content, format);
    const input = { kind: 'stdin', read: async () => bytes } as const;
    const made = collector();
    const types = { inputType: chosenFormat(format), outputType: chosenFormat(format), filenameOverride: filename };
    await runEncrypt({ ...newFile(options, host), ...request, ...types, input, output: made.output }, host);
    return made.bytes();
  });
}

/** The plaintext to encrypt: data as the format prints it. Throws `usage` and `output-format`. */
async function contentOf(content: Data, format: AnyFormat): Promise<Uint8Array> {
  if (typeof content === 'string') return encodeText(checkedText(content, 'encrypt: the content'));
  if (isBytes('encrypt', content)) return ownBytes('encrypt', content);
  const tree = withTimesAsTexts(treeOf(content), format);
  if (tree.kind !== 'branch') throw usage('encrypt: the content must be a text, a Uint8Array or an object');
  const row = formatNamed(format);
  if (row.whole) throw usage(`encrypt: the content of a ${format} file must be a text or a Uint8Array`);
  checkNulls(tree, format);
  const store = await row.load();
  checkBytes(store, tree);
  const text = store.emit([tree], null, { keepsFloats: true });
  checkHoldsTexts(store, text, [tree]);
  return encodeText(text);
}

/** The format that the name of the target tells, if it is another than that of the source. */
function otherFormat(from: string, to: string, format: FormatName | undefined): FormatName | undefined {
  const [source, target] = [format === undefined ? formatOfName(from) : formatNamed(format), formatOfName(to)];
  return target.endings.length > 0 && source.endings.length > 0 && source !== target ? target.name : undefined;
}

type NewFile = Pick<EncryptRequest, 'keyFlags' | 'selection' | 'macOnlyEncrypted' | 'allowUnencrypted' | 'configPath'>;

function newFile({ recipients, allowUnencrypted = false }: EncryptOptions, { env }: Session): NewFile {
  const variables = KEY_TYPES.map(({ type, variable }) => [type, env[variable] ?? ''] as const);
  const keyFlags = recipients ? textsByType(recipients) : new Map(variables.filter(([, text]) => text !== ''));
  return { keyFlags, selection: {}, macOnlyEncrypted: false, allowUnencrypted, configPath: undefined };
}

/** Recipients as the flags of the command line have them, by type. Throws `usage` for one of no known type. */
export function textsByType(recipients: readonly Recipient[]): ReadonlyMap<string, string> {
  if (recipients.length === 0) throw usage('option recipients must name somebody');
  const texts = new Map<string, string[]>();
  for (const [at, given] of recipients.entries()) {
    const text = given.trim();
    const row = keyTypes().find(({ recipient }) => text.search(recipient) >= 0);
    if (!row || !text.isWellFormed() || /^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text)) throw noRecipient(at, text);
    texts.set(row.type, [...(texts.get(row.type) ?? []), text]);
  }
  return new Map([...texts].map(([type, list]) => [type, list.join(',')]));
}

/** A private key must not get into a message. */
function noRecipient(at: number, text: string): Error {
  const isPrivate = /PRIVATE|SECRET|^AGE-PLUGIN-/i.test(text);
  const reason = isPrivate
    ? 'is a private key; its public one is wanted'
    : 'is not a recipient of a type that there is';
  return usage(
    `recipient ${at + 1} ${reason}`,
    'Recipients look like age1…, ssh-ed25519 …, a PGP fingerprint, arn:…, projects/…, https://….',
  );
}
