/** YAML in which Ansible Vault has encrypted single values (`!vault |`): opened in their places, all else kept as it stands. */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { applyEdits, bytesOf, type Edit, type FormatStore, type SourceFile } from '../../formats/store.js';
import { indexText } from '../../operations/read/encrypted-files.js';
import { sameTree, sameValue } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, branch, type Leaf, type Source, type Value } from '../../tree/tree.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { briefList } from './env-content.js';
import type { OpenedImport } from './source.js';
import { readVaultText, VAULT_MARK, type VaultText } from './vault-text.js';

/** Opens one text; null when no password does. */
export type VaultOpener = (vault: VaultText) => Promise<Buffer | null>;

/** The part of an {@link OpenedImport} that follows from such a file. */
export type VaultValues = Required<Pick<OpenedImport, 'plaintext' | 'count' | 'verify'>> & {
  readonly secrets: ReadonlySet<string>;
  readonly warnings: string[];
};

/** Ansible's tags, an anchor after them, and what parts these from the value. */
const TAG = /(!vault(?:-encrypted)?[ \t]+)(?:&[^\s,[\]{}]+\s+)?$|(!vault(?:-encrypted)?)(?:\s+&[^\s,[\]{}]+)?\s+$/;
/** Tags and anchors are short: so far is looked for them. */
const BEFORE = 512;
const MOST_TOLD = 5;

/** Whether bytes hold such values. */
export function hasVaultValues(bytes: Buffer): boolean {
  return bytes.includes(VAULT_MARK) && /!vault(?:-encrypted)?\s/.test(bytes.toString('latin1'));
}

/**
 * Opens all values of a file. Throws `key`, naming keys and lines, when some do not open, and `document-invalid` for texts that are
 * broken and for what the target cannot hold.
 */
export async function openVaultValues(bytes: Uint8Array, store: FormatStore, open: VaultOpener): Promise<VaultValues> {
  const yaml = await formatNamed('yaml').load();
  const file = parsed(bytes, yaml);
  const found = vaultsIn(file);
  const failures: Failure[] = [];
  const opened = new Map<string, string>();
  for (const vault of found.vaults) {
    const text = await openOne(vault, { open, failures, text: file.text });
    if (text !== null) opened.set(vault.ciphertext, text);
  }
  if (failures.length > 0) throw notOpened(failures);
  for (const vault of found.vaults) setValue(vault, opened.get(vault.ciphertext) ?? '', file.text);
  const tags = found.vaults.map(({ tag }) => ({ ...tag, text: '' }));
  const copied = setCopies(found.copies, opened);
  const text = applyEdits(file.text, inOrder([...file.edits(null), ...tags]));
  return {
    plaintext: store === yaml ? bytesOf(file, text) : printed(file, store, text),
    count: found.vaults.length,
    secrets: new Set([...found.vaults.map(({ path }) => path), ...copied]),
    warnings: found.untagged.map(
      (path) => `${path} looks like a text of Ansible Vault, but has no tag !vault: it is left as it is`,
    ),
    verify: (read) => verify(formatNamed(store.name).whole ? yaml.parse(bytesOf(file, text)) : read, file, store),
  };
}

interface Vault {
  readonly leaf: Leaf;
  readonly source: Source;
  /** The index path. */
  readonly path: string;
  readonly ciphertext: string;
  readonly tag: { readonly start: number; readonly end: number };
}

interface FoundVaults {
  readonly vaults: readonly Vault[];
  /** What aliases stand for: leaves without a place of their own. */
  readonly copies: readonly (readonly [Leaf, string])[];
  readonly untagged: readonly string[];
}

function parsed(bytes: Uint8Array, yaml: FormatStore): SourceFile {
  try {
    return yaml.parse(bytes);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const hint = 'SOPS encrypts YAML whose top is a map: put the values into a file of variables.';
    throw error.with('document-invalid', error.message.includes('the top must be a map') ? { hint } : {});
  }
}

function vaultsIn(file: SourceFile): FoundVaults {
  const vaults: Vault[] = [];
  const copies: (readonly [Leaf, string])[] = [];
  const untagged: string[] = [];
  for (const place of leaves(file.documents)) {
    const leaf = place.node;
    const path = indexText(place);
    if (path.includes(`["${VAULT_MARK}`)) throw keyEncrypted(path);
    const { source, value } = leaf;
    if (!source) {
      copies.push([leaf, path]);
      continue;
    }
    const tag = tagBefore(file.text, source.start);
    const ciphertext = typeof value === 'string' ? value : '';
    if (tag) vaults.push({ leaf, source, path, ciphertext, tag });
    else if (ciphertext.startsWith(VAULT_MARK)) untagged.push(path);
  }
  return { vaults, copies, untagged };
}

function tagBefore(text: string, at: number): { start: number; end: number } | undefined {
  const found = TAG.exec(text.slice(Math.max(0, at - BEFORE), at));
  if (!found) return undefined;
  const start = at - found[0].length;
  return { start, end: start + (found[1] ?? found[2] ?? '').length };
}

interface Failure {
  /** `key` when no password opens it, else its text is broken. */
  readonly isKey: boolean;
  /** With the key and the line. */
  readonly described: string;
}

interface Opening {
  readonly open: VaultOpener;
  readonly failures: Failure[];
  readonly text: string;
}

async function openOne(vault: Vault, { open, failures, text }: Opening): Promise<string | null> {
  const { path, ciphertext, source } = vault;
  // Only of those that are told: a line is found by counting from the top.
  const place = (): string => (failures.length < MOST_TOLD ? ` (line ${lineAt(text, source.start)})` : '');
  try {
    const envelope = readVaultText(ciphertext, headerLine(text, vault));
    const plaintext = await open(envelope);
    if (plaintext) return decodeText(plaintext);
    const label = envelope.label === undefined ? '' : `, vault id ${oneLine(envelope.label)}`;
    failures.push({ isKey: true, described: `${path}${place().replace(')', `${label})`)}` });
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'document-invalid') throw error;
    failures.push({ isKey: false, described: `${path}: ${error.message}` });
  }
  return null;
}

/** Of a block the text begins on the line below its mark; other styles may fold lines, so none is told. */
function headerLine(text: string, { source }: Vault): number | undefined {
  return source.style === 'literal' ? lineAt(text, source.start) + 1 : undefined;
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}

function notOpened(failures: readonly Failure[]): SopsError {
  const broken = failures.filter(({ isKey }) => !isKey);
  if (broken.length > 0) {
    return new SopsError('document-invalid', briefList(broken.map(({ described }) => oneLine(described))));
  }
  return noPasswordOpens(oneLine(briefList(failures.map(({ described }) => described))));
}

/** Of what no password opens, a value or a whole file. */
export function noPasswordOpens(what: string): SopsError {
  return new SopsError('key', `no vault password opens ${what}`, {
    hint: 'Give the right one with --vault-password-file FILE or --vault-id LABEL@FILE; several are tried in turn.',
  });
}

function keyEncrypted(path: string): SopsError {
  const message = `a key is encrypted, which neither Ansible nor SOPS can use: ${oneLine(path.slice(0, path.indexOf(VAULT_MARK)))}…`;
  return new SopsError('document-invalid', message);
}

/** One line needs no block, unless a comment stands after its mark. */
function setValue({ leaf, source }: Vault, text: string, file: string): void {
  leaf.value = text;
  const isBlock = source.style === 'literal' || source.style === 'folded';
  const header = file.slice(source.start, file.indexOf('\n', source.start));
  if (isBlock && !text.includes('\n') && !header.includes('#')) leaf.source = { ...source, style: 'plain' };
}

/** What aliases stand for gets the values too, so that the aliases can stay. Returns the paths of those that are. */
function setCopies(copies: FoundVaults['copies'], opened: ReadonlyMap<string, string>): string[] {
  return copies.flatMap(([leaf, path]) => {
    const text = typeof leaf.value === 'string' ? opened.get(leaf.value) : undefined;
    if (text === undefined) return [];
    leaf.value = text;
    return [path];
  });
}

function inOrder(edits: readonly Edit[]): Edit[] {
  return edits.toSorted((one, other) => one.start - other.start || one.end - other.end);
}

function printed({ documents }: SourceFile, store: FormatStore, text: string): Uint8Array {
  return Buffer.from(formatNamed(store.name).whole ? text : store.emit(documents, null, { keepsFloats: true }));
}

function verify({ documents, metadata }: SourceFile, file: SourceFile, { name }: FormatStore): void {
  const isKept = formatNamed(name).comments ? sameTree : sameValues;
  if (metadata === null && isKept(documents, file.documents)) return;
  throw new SopsError('not-readable-back', 'the target would not hold what was read', {
    hint: 'Write YAML: --output FILE.sops.yml',
  });
}

/** The same but for comments, in a format without any. */
function sameValues(one: readonly Branch[], other: readonly Branch[]): boolean {
  return one.length === other.length && one.every((document, at) => sameValue(bare(document), bare(other[at])));
}

function bare(of: Branch | undefined): Value {
  return rebuilt(of ?? branch(), { leaf: (leaf) => leaf });
}
