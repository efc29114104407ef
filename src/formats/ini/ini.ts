/** The INI format (docs/format.md#ini). */
import { unflatten } from '../../metadata/flatten.js';
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { decodeText } from '../../util/text.js';
import { canonicalStyle, printJson } from '../json/write.js';
import type { Edit, FormatStore, SourceFile } from '../store.js';
import { type IniSection, type IniText, readIni } from './read.js';
import { spliceIni } from './splice.js';
import { iniSurprises } from './surprises.js';
import { printIni } from './write.js';

/** A file as this store read it. */
interface IniFile extends SourceFile {
  readonly ini: IniText;
}

export const iniStore: FormatStore = {
  name: 'ini',

  parse(bytes: Uint8Array): IniFile {
    const text = decodeText(bytes);
    const ini = readIni(text);
    const document = branch(ini.sections.map(({ node }) => node));
    return { text, documents: [document], metadata: ini.sops && metadataOf(ini.sops), ini };
  },

  surprises: (file) => iniSurprises(file.text, (file as IniFile).ini),

  edits(file: SourceFile, metadata: Branch | null): Edit[] {
    const { text, ini, documents } = file as IniFile;
    return spliceIni({ text, ini, document: documents[0] ?? branch(), metadata });
  },

  emit(documents: readonly Branch[], metadata: Branch | null): string {
    return printIni(documents, metadata);
  },

  /** INI has no text for a single value; SOPS prints JSON (docs/format.md#parts-and-conversions). */
  emitValue(value: Value): string {
    return printJson(value, canonicalStyle());
  },
};

/**
 * Line feeds in metadata are written `\n`; real ones, as SOPS 3.13.0 wrote them, stay (docs/format.md#flat-metadata), in line ends of their own
 * where a checkout changed them.
 */
function metadataOf({ keys }: IniSection): Branch {
  return unflatten(
    keys.map(({ node, value }) => [node.key, value.replaceAll('\r\n', '\n').replaceAll('\\n', '\n')] as const),
  );
}
