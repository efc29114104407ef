/** The binary format: any bytes as one string, kept in JSON when encrypted (docs/format.md#binary). */
import { SopsError } from '../errors.js';
import { type Branch, branch, item, itemOf, leaf } from '../tree/tree.js';
import { decodeText } from '../util/text/text.js';
import { jsonStore } from './json/json.js';
import type { Edit, EmitOptions, FormatStore, SourceFile } from './store.js';
import { withoutMark } from './utf16.js';

/** As SOPS calls it. */
const DATA = 'data';
const OPENING_BRACE = 0x7b;
/** White space of JSON. */
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

const EXAMPLE = 'Welcome to SOPS! Edit this file as you please!';

export const binaryStore: FormatStore = {
  name: 'binary',
  example: EXAMPLE,
  noticeMark: '# ',
  contentKey: DATA,

  /** Reads the JSON of an encrypted file; anything else is content, without metadata. */
  parse(bytes: Uint8Array): SourceFile {
    return parseSealed(bytes) ?? parseContent(bytes);
  },

  parsePlain: parseContent,

  emit(documents: readonly Branch[], metadata: Branch | null, options?: EmitOptions): string {
    // Of whatever tree was read, as SOPS has it: what is written must be a binary file only where that is to be plaintext.
    return metadata ? jsonStore.emit(documents, metadata, options) : contentOf(documents);
  },
};

function parseContent(bytes: Uint8Array): SourceFile {
  const text = decodeText(bytes);
  const source = { start: 0, end: text.length, style: 'content', value: text };
  const documents = [branch([item(DATA, leaf(text, source))])];
  return {
    text,
    documents,
    metadata: null,
    edits: (metadata, options) => reprinted(text, documents, metadata, options),
  };
}

/** The whole text is replaced: content by JSON, or JSON by content. */
function reprinted(
  text: string,
  documents: readonly Branch[],
  metadata: Branch | null,
  options: EmitOptions | undefined,
): Edit[] {
  const printed = binaryStore.emit(documents, metadata, options);
  return printed === text ? [] : [{ start: 0, end: text.length, text: printed }];
}

/**
 * An encrypted file, or null for bytes that are not the JSON of one: a map with nothing but the content. The JSON is nobody's
 * text, so an encoding that SOPS could not read is not kept.
 */
function parseSealed(bytes: Uint8Array): SourceFile | null {
  const json = withoutMark(bytes);
  if (json.find((byte) => !BLANKS.has(byte)) !== OPENING_BRACE) return null;
  try {
    const file = jsonStore.parse(json);
    const [document] = file.documents;
    if (!file.metadata || document?.items.length !== 1 || stringIn(document) === undefined) return null;
    const { text, documents, strayText } = file;
    const edits: SourceFile['edits'] = (metadata, options) =>
      metadata ? file.edits(metadata, options) : reprinted(text, documents, null, options);
    return { text, documents, metadata: file.metadata, strayText, edits };
  } catch (error) {
    if (error instanceof SopsError) return null;
    throw error;
  }
}

function stringIn(document: Branch): string | undefined {
  const data = itemOf(document, DATA)?.value;
  return data?.kind === 'leaf' && typeof data.value === 'string' ? data.value : undefined;
}

function contentOf(documents: readonly Branch[]): string {
  const [document] = documents;
  const text = document && documents.length === 1 ? stringIn(document) : undefined;
  if (text !== undefined) return text;
  throw new SopsError(
    'output-format',
    `error emitting binary store: no binary data found in tree: no "${DATA}" with a string`,
    {
      hint: 'Choose another output format with --output-type.',
    },
  );
}
