/** What Flux's controller takes from a decryption Secret: the name of an entry decides (docs/kubernetes/flux.md#the-decryption-secret). */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { importOpenPgp } from '../../keys/pgp/openpgp.js';
import type { Branch } from '../../tree/tree.js';
import { decodeText, hasInvalidBytes } from '../../util/text/text.js';
import { stringAt } from '../manifest/manifest.js';

/** A kind of entries. */
export interface KeyKind {
  /** The key types that it opens. */
  readonly opens: readonly string[];
  /** What the names of its entries end in, or are as a whole. */
  readonly ending: string;
  /** Whether a file holds such keys; `map` is its content read as YAML, if it is a map. */
  holds(text: string, map: Branch | undefined): boolean;
  /** What a file lacks that does not hold such keys; absent where anything can be one. */
  readonly lack?: string;
  /** Why the controller could not use what a file holds; undefined when it can. */
  problem?(text: string): Promise<string | undefined>;
}

const PROTECTED = 'is protected by a passphrase, which nobody tells the controller';
const PRIVATE_BLOCK = '-----BEGIN PGP PRIVATE KEY BLOCK-----';

const AGE_ENCRYPTED = /^(?:-----BEGIN AGE ENCRYPTED|age-encryption\.org\/)/m;

const AGE: KeyKind = {
  opens: ['age'],
  ending: '.agekey',
  holds: (text) => /^AGE-(?:SECRET-KEY|PLUGIN)-/m.test(text) || AGE_ENCRYPTED.test(text),
  async problem(text) {
    if (/^AGE-PLUGIN-/m.test(text)) return 'is an identity of a plug-in, and the controller starts none';
    if (/^AGE-SECRET-KEY-/m.test(text)) return undefined;
    return AGE_ENCRYPTED.test(text) ? PROTECTED : 'holds no age identity (age-keygen makes one)';
  },
};

const PGP: KeyKind = {
  opens: ['pgp'],
  ending: '.asc',
  holds: (text) => text.includes('-----BEGIN PGP '),
  async problem(text) {
    if (!text.includes(PRIVATE_BLOCK)) return 'holds no private key (gpg --export-secret-keys --armor)';
    return (await isLocked(text)) ? PROTECTED : undefined;
  },
};

/** In the order in which the content of a file is looked at; a token is any one word, so it comes last. */
export const KEY_KINDS: readonly KeyKind[] = [
  AGE,
  PGP,
  {
    opens: ['gcp_kms'],
    ending: 'sops.gcp-kms',
    holds: (_text, map) =>
      map !== undefined && stringAt(map, 'type') !== undefined && hasAny(map, 'client_email', 'client_id', 'audience'),
    lack: 'credentials of Google in JSON (type, client_email)',
  },
  {
    opens: ['kms'],
    ending: 'sops.aws-kms',
    holds: (_text, map) => map !== undefined && hasAny(map, 'aws_access_key_id'),
    lack: 'credentials of AWS in YAML (aws_access_key_id, aws_secret_access_key)',
  },
  {
    opens: ['azure_kv'],
    ending: 'sops.azure-kv',
    holds: (_text, map) =>
      map !== undefined && (hasAny(map, 'tenantId', 'clientId') || hasAll(map, 'appId', 'tenant', 'password')),
    lack: 'credentials of Azure in YAML or JSON (tenantId, clientId)',
  },
  {
    opens: ['hc_vault'],
    ending: 'sops.vault-token',
    holds: (text) => /^(?:hv[sbr]\.|[sbr]\.)[\w.-]{8,}\s*$/.test(text),
  },
];

/** Whether an OpenPGP key needs a passphrase; one that OpenPGP.js cannot read is taken not to. */
async function isLocked(armoredKey: string): Promise<boolean> {
  try {
    const library = await importOpenPgp();
    const keys = await library.readPrivateKeys({ armoredKeys: armoredKey });
    return keys.some((key) => !key.isDecrypted());
  } catch {
    return false;
  }
}

function hasAny(map: Branch, ...keys: readonly string[]): boolean {
  return keys.some((key) => stringAt(map, key) !== undefined);
}

function hasAll(map: Branch, ...keys: readonly string[]): boolean {
  return keys.every((key) => stringAt(map, key) !== undefined);
}

/** The kind of an entry by its name; undefined for one that the controller passes over. */
export function kindOfEntry(name: string): KeyKind | undefined {
  return KEY_KINDS.find(({ ending }) => (ending.startsWith('.') ? name.endsWith(ending) : name === ending));
}

/** What the names of entries may be, for messages. */
export const ENTRY_NAMES = KEY_KINDS.map(({ ending }) => (ending.startsWith('.') ? `*${ending}` : ending)).join(', ');

/** The kind of keys that a file holds, checked. Throws `key`, with the file named and nothing of its content. */
export async function kindOfContent(bytes: Uint8Array, file: string): Promise<KeyKind> {
  const text = decodeText(bytes);
  const map = hasInvalidBytes(text) ? undefined : await mapIn(bytes);
  const found = KEY_KINDS.find((kind) => kind.holds(text, map));
  if (!found) {
    throw new SopsError('key', `${file} holds no key that Flux could use`, {
      file,
      hint: `Name the entry that it is to be, NAME=${file}; the controller takes ${ENTRY_NAMES}.`,
    });
  }
  await checkUsable(found, text, file);
  return found;
}

/** Throws `key` for keys that the controller could not use. */
export async function checkUsable(kind: KeyKind, text: string, file: string): Promise<void> {
  const lacks = kind.lack !== undefined && !kind.holds(text, await mapIn(Buffer.from(text)));
  const problem = lacks ? `holds no ${kind.lack}` : await kind.problem?.(text);
  if (problem !== undefined) throw new SopsError('key', `${file} ${problem}`, { file });
}

/** The content as a map; JSON is YAML. */
async function mapIn(bytes: Uint8Array): Promise<Branch | undefined> {
  try {
    const { documents } = (await formatNamed('yaml').load()).parse(bytes);
    return documents.length === 1 ? documents[0] : undefined;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}
