/** `list`: what stands in an encrypted file, told without any key. */

import { looksEncrypted, parseEncryptedValue } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { type FormatName, formatNamed } from '../../formats/registry.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { DEFAULT_SELECTION, type Metadata, type SelectionRule } from '../../metadata/metadata.js';
import { nodes } from '../../tree/leaves.js';
import type { TreePath } from '../../tree/path.js';
import type { Branch, Leaf } from '../../tree/tree.js';
import { typeWordOf } from '../../tree/value.js';
import type { Host } from '../../util/host/host.js';
import type { Input } from '../requests.js';
import { readAsChosen, readInput } from './input.js';
import { valuePathText } from './value-path.js';

export interface ListRequest {
  readonly input: Input;
  readonly inputType?: FormatName | undefined;
}

/** A value, or a map or list without any. */
export interface ListedValue {
  readonly kind: 'value';
  /** As `get`, `set` and `--extract` take it. */
  readonly place: string;
  readonly path: TreePath;
  /** The document, from 0; absent for the first, which is the one that places are in. */
  readonly document?: number;
  /** The word that an encrypted value carries (`str`, `int`, `float`, `bool`, `time`, `bytes`), `null`, `map` or `list`. */
  readonly type: string;
  readonly encrypted: boolean;
}

export interface ListedComment {
  readonly kind: 'comment';
  /** What it stands in; empty for the top. */
  readonly place: string;
  readonly path: TreePath;
  readonly document?: number;
  readonly encrypted: boolean;
  /** What it says, if that stands in clear. */
  readonly text?: string;
}

export type ListedEntry = ListedValue | ListedComment;

export interface Listing {
  readonly format: FormatName;
  /** Of the program that wrote the file. */
  readonly version: string;
  readonly lastModified: string;
  readonly selection: SelectionRule & { /** Whether the file names none. */ readonly isDefault: boolean };
  readonly macOnlyEncrypted: boolean;
  /** In the order of the file. */
  readonly entries: readonly ListedEntry[];
}

/**
 * Lists the keys of an encrypted file, their types and comments. Nothing encrypted is opened, and of values in clear the type alone
 * is told. Throws `input-unreadable`, what parsing throws, and `metadata-invalid` for a file that is not encrypted.
 */
export async function listFile(request: ListRequest, host: Host): Promise<Listing> {
  const bytes = await readInput(request.input, host);
  const { store, file } = await readAsChosen(bytes, request, host);
  const { selection, version, lastModified, macOnlyEncrypted } = metadataOf(file.metadata);
  return {
    format: formatNamed(store.name).name,
    version,
    lastModified,
    selection: { ...(selection ?? DEFAULT_SELECTION), isDefault: selection === null },
    macOnlyEncrypted,
    entries: [...entriesOf(file.documents)],
  };
}

function metadataOf(branch: Branch | null): Metadata {
  try {
    return metadataFromBranch(branch);
  } catch (error) {
    if (branch || !(error instanceof SopsError)) throw error;
    throw error.with(error.code, { hint: 'The file is not encrypted, so it can simply be read.' });
  }
}

function* entriesOf(documents: readonly Branch[]): Generator<ListedEntry> {
  for (const place of nodes(documents)) {
    const { node, root } = place;
    if ('items' in node && (node.items.length > 0 || place.depth === 0)) continue;
    const path = place.treePath;
    const where = { place: valuePathText(path), path, ...(root === 0 ? {} : { document: root }) };
    if (node.kind === 'comment') {
      const encrypted = looksEncrypted(node.text);
      yield { kind: 'comment', ...where, encrypted, ...(encrypted ? {} : { text: node.text }) };
    } else if (node.kind === 'leaf') {
      yield { kind: 'value', ...where, ...typeOf(node) };
    } else {
      yield { kind: 'value', ...where, type: node.kind === 'list' ? 'list' : 'map', encrypted: false };
    }
  }
}

function typeOf({ value }: Leaf): Pick<ListedValue, 'type' | 'encrypted'> {
  if (value === null) return { type: 'null', encrypted: false };
  if (typeof value !== 'string' || !looksEncrypted(value)) return { type: typeWordOf(value), encrypted: false };
  return { type: parseEncryptedValue(value)?.type ?? 'malformed', encrypted: true };
}
