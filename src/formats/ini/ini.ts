/** The INI format (docs/format.md#ini). */
import { unflatten } from '../../metadata/flatten.js';
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { decodeText } from '../../util/text/text.js';
import { canonicalStyle, printJson } from '../json/write.js';
import type { FormatStore, SourceFile } from '../store.js';
import { type IniSection, readIni } from './read.js';
import { spliceIni } from './splice.js';
import { iniSurprises } from './surprises.js';
import { printIni } from './write.js';

const EXAMPLE = `; This is an example file.
[Welcome!]
hello       = Welcome to SOPS! Edit this file as you please!
example_key = example_value
`;

const LINE_STYLES: ReadonlySet<string> = new Set(['bare', 'double', 'single', 'backtick', 'triple']);

export const iniStore: FormatStore = {
  name: 'ini',
  example: EXAMPLE,
  noticeMark: '; ',
  lineStyles: LINE_STYLES,
  ownMap: 'DEFAULT',

  parse(bytes: Uint8Array): SourceFile {
    const text = decodeText(bytes);
    const ini = readIni(text);
    const document = branch(ini.sections.map(({ node }) => node));
    return {
      text,
      documents: [document],
      metadata: ini.sops && metadataOf(ini.sops),
      get strayText() {
        return ini.sops ? strayTextIn([...ini.sections, ini.sops]) : undefined;
      },
      edits: (metadata) => spliceIni({ text, ini, document, metadata }),
      surprises: () => iniSurprises(text, ini),
    };
  },

  emit(documents: readonly Branch[], metadata: Branch | null): string {
    return printIni(documents, metadata);
  },

  /** INI has no text for a single value; SOPS prints JSON (docs/format.md#parts-and-conversions). */
  emitValue(value: Value): string {
    return printJson(value, canonicalStyle());
  },
};

/** Where the first text begins that SOPS passes over: values of keys that come again, and what stands after brackets and quotes. */
function strayTextIn(sections: readonly IniSection[]): number | undefined {
  const offsets: number[] = [];
  for (const { junk, keys } of sections) {
    if (junk) offsets.push(junk.start);
    for (const key of keys) {
      if (key.repeats.length > 0) offsets.push(key.valueSpan.start);
      for (const { start } of key.junk) offsets.push(start);
    }
  }
  return offsets.toSorted((one, other) => one - other)[0];
}

/**
 * Line feeds in metadata are written `\n`; real ones, as SOPS 3.13.0 wrote them, stay (docs/format.md#flat-metadata), in line ends of their own
 * where a checkout changed them.
 */
function metadataOf({ keys, branch: { items } }: IniSection): Branch {
  const metadata = unflatten(
    keys.map(({ key, read }) => [key, read.replaceAll('\r\n', '\n').replaceAll('\\n', '\n')] as const),
  );
  append(
    metadata.items,
    items.filter((entry) => entry.kind === 'comment'),
  );
  return metadata;
}
