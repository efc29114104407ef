/** The TOML format, which sops-ts and rops have and SOPS does not. */
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { decodeText } from '../../util/text/text.js';
import type { FormatStore, SourceFile } from '../store.js';
import { withoutMark } from '../utf16.js';
import { tomlMetadataText, withVersion } from './metadata.js';
import type { ParseToml } from './parse.js';
import { readToml } from './read.js';
import { spliceToml } from './splice.js';
import { printValue } from './value-text.js';
import { printToml } from './write.js';

const PRINT = { lineEnd: '\n' } as const;

const EXAMPLE = `# This is an example file.
hello = "Welcome to SOPS! Edit this file as you please!"
example_number = 1234.56789
example_booleans = [true, false]

[example_table]
example_key = "example_value"
`;

const LINE_STYLES: ReadonlySet<string> = new Set(['bare', 'double', 'single', 'triple', 'triple-single']);

let opened: Promise<FormatStore> | undefined;

/** The store, made once; the package that parses is loaded for it alone. */
export function openTomlStore(): Promise<FormatStore> {
  opened ??= import('../../packages/toml-eslint-parser.js').then(({ parseTOML }) => storeWith(parseTOML));
  return opened;
}

function storeWith(parse: ParseToml): FormatStore {
  return {
    name: 'toml',
    example: EXAMPLE,
    noticeMark: '# ',
    lineStyles: LINE_STYLES,
    // rops takes an empty string in the place of a ciphertext for a broken one.
    sealsEmpty: true,

    parse(bytes: Uint8Array): SourceFile {
      const unmarked = withoutMark(bytes);
      const text = decodeText(bytes);
      // An encrypted file in UTF-16 became that since: TOML is UTF-8.
      const isWide = unmarked !== bytes && !text.startsWith('\ufeff');
      return readFile(parse, isWide ? decodeText(unmarked) : text);
    },

    emit(documents: readonly Branch[], metadata: Branch | null): string {
      const text = printToml(documents[0] ?? branch(), PRINT);
      if (!metadata) return text;
      return `${text}${text === '' ? '' : '\n'}${tomlMetadataText(metadata, PRINT)}`;
    },

    emitValue(value: Value): string {
      return `${printValue(value, PRINT, [])}\n`;
    },
  };
}

function readFile(parse: ParseToml, text: string): SourceFile {
  const toml = readToml(parse, text);
  return {
    text,
    documents: [toml.root],
    metadata: toml.metadata && withVersion(toml.metadata),
    edits: (metadata) => spliceToml({ text, toml, document: toml.root, metadata }),
  };
}
