/** The JSON format (docs/format.md#json). */
import { isAscii } from 'node:buffer';
import { SopsError } from '../../errors.js';
import { type Branch, branch, type Item, item, type LeafValue, type Value } from '../../tree/tree.js';
import { decodeText } from '../../util/text/text.js';
import { leafSurprises } from '../leaf-surprises.js';
import type { EmitOptions, FormatStore, SourceFile } from '../store.js';
import { withoutMark } from '../utf16.js';
import { readJson } from './read.js';
import { spliceJson } from './splice.js';
import { canonicalStyle, type FloatForm, printJson } from './write.js';

const EXAMPLE = `{
	"hello": "Welcome to SOPS! Edit this file as you please!",
	"example_key": "example_value",
	"example_array": [
		"example_value1",
		"example_value2"
	],
	"example_number": 1234.56789,
	"example_booleans": [
		true,
		false
	]
}
`;

export const jsonStore: FormatStore = {
  name: 'json',
  example: EXAMPLE,
  noticeMark: '// ',

  parse(bytes: Uint8Array): SourceFile {
    const unmarked = withoutMark(bytes);
    const file = unmarked === bytes ? undefined : readFile(unmarked);
    // JSON has no such mark, nor UTF-16, so an encrypted file got it since: it is not the author's.
    return file?.metadata ? file : readFile(bytes);
  },

  emit(documents: readonly Branch[], metadata: Branch | null, options: EmitOptions = {}): string {
    const items = documents[0]?.items ?? [];
    const root = metadata ? branch([...items, item('sops', metadata)]) : branch([...items]);
    return `${printJson(root, canonicalStyle(options.indent), '', floatForm(metadata, options))}\n`;
  },

  emitValue(value: Value): string {
    return printJson(value, canonicalStyle());
  },
};

/** What JavaScript and others, which have floats alone, make of integers beyond 2^53. */
const ROUNDED = 'exact here, rounded by readers that have no integers of 64 bits';

function isRounded(value: LeafValue): boolean {
  return typeof value === 'bigint' && !Number.isSafeInteger(Number(value));
}

function floatForm(metadata: Branch | null, { keepsFloats = false }: EmitOptions): FloatForm {
  if (keepsFloats) return 'float';
  return metadata ? 'sealed' : 'sops';
}

function readFile(bytes: Uint8Array): SourceFile {
  const ascii = isAscii(bytes) ? bytes : undefined;
  const text = ascii ? asciiText(ascii) : decodeText(bytes);
  const json = readJson(text, ascii);
  const sops = takeSops(json.root);
  const metadata = sops?.value ?? null;
  if (metadata && metadata.kind !== 'branch') throw new SopsError('metadata-invalid', 'the entry "sops" is not a map');
  const documents = [json.root];
  return {
    text,
    documents,
    metadata,
    strayText: strayTextAt(text, json.place.end),
    edits: (wanted, options = {}) =>
      spliceJson({ text, json, metadata: wanted, floats: floatForm(wanted, options) }, canonicalStyle(options.indent)),
    surprises: () => leafSurprises(documents, ({ value }) => (isRounded(value) ? ROUNDED : undefined)),
  };
}

/** Where anything but white space stands after the root. */
function strayTextAt(text: string, end: number): number | undefined {
  const stray = /[^ \t\r\n]/g;
  stray.lastIndex = end;
  return stray.exec(text)?.index;
}

/** Takes the metadata out of a root. Throws `metadata-invalid` when it stands there twice. */
function takeSops(root: Branch): Item | null {
  const found = root.items.filter((entry) => entry.kind === 'item' && entry.key === 'sops');
  const [sops] = found;
  if (sops?.kind !== 'item') return null;
  if (found.length > 1) throw new SopsError('metadata-invalid', 'the entry "sops" stands there twice');
  root.items.splice(root.items.indexOf(sops), 1);
  return sops;
}

/** The text of ASCII. Unlike those of other encodings, a long one stands outside V8's heap, and is not in its collector's way. */
function asciiText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
