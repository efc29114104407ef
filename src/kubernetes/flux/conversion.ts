/** Whether Flux's controller can decrypt what it takes for one format, and print it in another. */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { type FluxFormat, fluxFormatOf, markedFormats, markerOf } from '../kustomize/flux-formats.js';
import { itemsOf } from '../manifest/manifest.js';

export interface Conversion {
  readonly bytes: Buffer;
  /** The name of the file; undefined for content without one. */
  readonly name: string | undefined;
  /** What the controller takes it for. */
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
  if (to === 'binary' && !isWrapped) return mismatch(from === 'binary' ? 'json' : from, to, place);
  if (to !== 'binary' && from === 'json' && isWrapped && name !== undefined && fluxFormatOf(name) === 'binary') {
    return `is encrypted as binary, and ${place} it comes out wrapped in a field called data`;
  }
  if (!holds(first, to)) return mismatch(from, to, place);
  if (to !== 'yaml' && documents.length > 1) {
    return `holds ${documents.length} documents, and ${place} the first alone comes out`;
  }
  return undefined;
}

/** What stands in a text that is read here, and that the controller's SOPS takes for content; undefined for what both read. */
function unreadForm(bytes: Buffer, format: FluxFormat): string | undefined {
  if (MARK_IS_CONTENT.has(format) && bytes.subarray(0, 3).equals(UTF8_MARK)) {
    return `begins with a byte order mark, which the controller takes for a part of the ${format}`;
  }
  if (format === 'dotenv' && bytes.includes('\r\n')) {
    return "has Windows' line ends, half of which the controller takes for a part of the values of dotenv";
  }
  return undefined;
}

const UTF8_MARK = Buffer.from('\ufeff');
/** YAML and INI are read with a mark, too. */
const MARK_IS_CONTENT: ReadonlySet<FluxFormat> = new Set(['json', 'binary', 'dotenv']);

/** What is said of content that is encrypted in one format where the controller looks for another. */
export function mismatch(actual: string, wanted: string, place: string): string {
  return `is encrypted as ${actual}, and ${place} the controller takes it for ${wanted}`;
}

async function documentsOf(bytes: Buffer, format: FluxFormat): Promise<readonly Branch[] | undefined> {
  const store = await formatNamed(format === 'binary' ? 'json' : format).load();
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

/** Whether a tree is that of a binary file. */
function wrapsContent(tree: Branch): boolean {
  const [only, ...more] = itemsOf(tree);
  return more.length === 0 && only?.key === 'data' && only.value.kind === 'leaf';
}

/** Whether a format can hold a tree. */
function holds(tree: Branch, format: FluxFormat): boolean {
  const values = itemsOf(tree).map(({ value }) => value);
  if (format === 'dotenv') return values.every(isLeaf);
  if (format !== 'ini') return true;
  return values.every((value) => value.kind === 'branch' && itemsOf(value).every((entry) => isLeaf(entry.value)));
}

function isLeaf(value: Value): boolean {
  return value.kind === 'leaf';
}
