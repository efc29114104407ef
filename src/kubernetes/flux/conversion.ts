/** Whether Flux's controller can decrypt what it takes for one format, and print it in another. */

import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { formatNamed } from '../../formats/registry.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { type FluxFormat, fluxFormatOf, markedFormats, markerOf } from '../kustomize/flux-formats.js';
import { itemsOf } from '../manifest/manifest.js';

export interface Conversion {
  readonly bytes: Buffer;
  /** The name of the file; undefined for content without one. */
  readonly name: string | undefined;
  /** The format that the controller takes it for. */
  readonly from: FluxFormat;
  /** What it prints. */
  readonly to: FluxFormat;
  /** Where that is, for messages, e.g. `under the key k`. */
  readonly place: string;
}

/** What goes wrong with a file that the controller knows by its bytes alone; undefined when nothing does. */
export async function nestedProblem(conversion: Omit<Conversion, 'from'>): Promise<string | undefined> {
  const [from, ...more] = markedFormats(conversion.bytes);
  if (from === undefined) return undefined;
  if (more.length > 0) {
    const marks = [from, ...more].map(markerOf).join(' and ');
    return `holds ${marks}, so that the controller takes it for one format or another as it happens`;
  }
  return conversionProblem({ ...conversion, from });
}

/** What goes wrong with a file that holds the marker of a format; undefined when nothing does. */
export async function conversionProblem({ bytes, name, from, to, place }: Conversion): Promise<string | undefined> {
  const unread = unreadForm(bytes, from);
  if (unread !== undefined) return `${unread}, and fails on it`;
  const documents = await documentsOf(bytes, from);
  if (documents === undefined) {
    return `holds ${markerOf(from)}, so the controller takes it for encrypted ${from}, which it is not, and fails`;
  }
  const [first = branch()] = documents;
  const isWrapped = documents.length === 1 && wrapsContent(first);
  const { whole, severalDocuments } = formatNamed(to);
  if (whole && !isWrapped) return mismatch(containerOf(from), to, place);
  if (!whole && isWrapped && name !== undefined && isContainer(from, fluxFormatOf(name))) {
    return `is encrypted as binary, and ${place} it comes out wrapped in a field called data`;
  }
  if (!holds(first, to)) return mismatch(from, to, place);
  if (!severalDocuments && documents.length > 1) {
    return `holds ${documents.length} documents, and ${place} the first alone comes out`;
  }
  return undefined;
}

/** What stands in a text that is read here, and that the controller's SOPS takes for content; undefined for what both read. */
function unreadForm(bytes: Buffer, format: FluxFormat): string | undefined {
  if (MARK_IS_CONTENT.has(format) && bytes.subarray(0, 3).equals(UTF8_MARK)) {
    return `begins with a byte order mark, which the controller takes for a part of the ${format}`;
  }
  if (LINE_ENDS_ARE_CONTENT.has(format) && bytes.includes('\r\n')) {
    return "has Windows' line ends, half of which the controller takes for a part of the values of dotenv";
  }
  return undefined;
}

const UTF8_MARK = Buffer.from('\ufeff');
/** INI and YAML pass over carriage returns. */
const LINE_ENDS_ARE_CONTENT: ReadonlySet<FluxFormat> = new Set(['dotenv']);
/** YAML and INI are read with a mark, too. */
const MARK_IS_CONTENT: ReadonlySet<FluxFormat> = new Set(['json', 'binary', 'dotenv']);

/** What is said of content that is encrypted in one format where the controller looks for another. */
export function mismatch(actual: string, wanted: string, place: string): string {
  return `is encrypted as ${actual}, and ${place} the controller takes it for ${wanted}`;
}

async function documentsOf(bytes: Buffer, format: FluxFormat): Promise<readonly Branch[] | undefined> {
  const store = await formatNamed(containerOf(format)).load();
  try {
    const { metadata, documents } = store.parse(bytes);
    if (!metadata) return undefined;
    metadataFromBranch(metadata);
    return documents;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** What a file is when it is encrypted. */
function containerOf(format: FluxFormat): FormatName {
  return formatNamed(format).container ?? format;
}

/** Whether the ciphertext of one format is of another. */
function isContainer(container: FluxFormat, of: FluxFormat): boolean {
  return formatNamed(of).container === container;
}

/** Whether a tree is that of a binary file. */
function wrapsContent(tree: Branch): boolean {
  const [only, ...more] = itemsOf(tree);
  return more.length === 0 && only?.key === 'data' && only.value.kind === 'leaf';
}

/** Whether a format can hold a tree. */
function holds(tree: Branch, format: FluxFormat): boolean {
  const { levels } = formatNamed(format);
  return levels === undefined || hasLevels(tree, levels);
}

/** Whether all leaves of a tree stand so many levels below it. */
function hasLevels(value: Value, levels: number): boolean {
  if (levels === 0 || value.kind !== 'branch') return levels === 0 && value.kind === 'leaf';
  return itemsOf(value).every((entry) => hasLevels(entry.value, levels - 1));
}
