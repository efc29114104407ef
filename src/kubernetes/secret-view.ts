/** Secrets as they are edited: the values of `data` as the text they stand for, and back (`edit --k8s`). */
import { SopsError } from '../errors.js';
import { jsonStore } from '../formats/json/json.js';
import { jsonString } from '../formats/json/write.js';
import { applyEdits, type Edit, type FormatStore } from '../formats/store.js';
import { writeScalar } from '../formats/yaml/scalar-text.js';
import { yamlStore } from '../formats/yaml/yaml.js';
import type { EditView } from '../operations/write/edit.js';
import type { Branch, Leaf, Source } from '../tree/tree.js';
import { decodeText, encodeText, hasInvalidBytes } from '../util/text/text.js';
import { branchAt, itemsOf, stringAt, valueAt, valuesOf } from './manifest/manifest.js';
import { decodeDataValue, isSecret } from './manifest/secret.js';

const INDENT = 2;

/** A value of `data` in a text. */
interface DataValue {
  /** Which Secret, and which key: what an edit leaves alone if it leaves the value alone. */
  readonly id: string;
  readonly key: string;
  readonly leaf: Leaf;
  readonly source: Source;
}

/** What was there before: how the value was shown, and how it stood in the file. */
interface Shown {
  readonly value: string;
  readonly raw: string;
  readonly column: number | undefined;
}

/** How the format of a file of Secrets reads and writes values. */
interface Syntax {
  readonly store: FormatStore;
  /** Whether a string can hold bytes that are not text. */
  readonly takesBytes: boolean;
  /** The text of a value where another stands in a text. */
  write(value: string, source: Source, text: string): string;
}

/** The formats that objects are written in. */
const SYNTAXES: Readonly<Partial<Record<string, Syntax>>> = {
  yaml: { store: yamlStore, takesBytes: true, write: writeYaml },
  json: { store: jsonStore, takesBytes: false, write: jsonString },
};

/**
 * Shows and reads back one file. Bytes that are not text are shown in base64, in YAML under the tag `!!binary`, and taken so. What
 * was not changed comes back as it stood.
 */
export class SecretView implements EditView {
  private readonly before = new Map<string, Shown>();
  private readonly syntax: Syntax;

  /** Throws `usage` for formats that hold no objects. */
  constructor(format: string) {
    const syntax = SYNTAXES[format];
    if (!syntax) throw new SopsError('usage', `--k8s is for Secrets in YAML or JSON, not for ${format}`);
    this.syntax = syntax;
  }

  show(text: string): string {
    const edits = this.dataValues(text).flatMap(({ id, leaf, source }): Edit[] => {
      if (typeof leaf.value !== 'string') return [];
      const bytes = decodeDataValue(leaf.value);
      const plain = bytes && decodeText(bytes);
      const isShown = plain !== null && (this.syntax.takesBytes || !hasInvalidBytes(plain));
      this.before.set(id, {
        value: isShown ? plain : leaf.value,
        raw: text.slice(source.start, source.end),
        column: source.column,
      });
      return isShown ? [{ ...spanOf(source), text: this.written(plain, source, text) }] : [];
    });
    return applyEdits(text, edits);
  }

  /** Throws `document-invalid` for a text that is not of the format, and for values that are not strings. */
  read(shown: string): string {
    const edits = this.dataValues(shown).flatMap(({ id, key, leaf, source }): Edit[] => {
      if (leaf.value === null) return [];
      if (typeof leaf.value !== 'string') {
        throw new SopsError(
          'document-invalid',
          `data.${key} is not quoted, and not every reader of YAML takes it for a string`,
          { path: ['data', key] },
        );
      }
      const before = this.before.get(id);
      // Several lines fit in the column only that they were written in.
      const isSame = before?.value === leaf.value && (before.column === source.column || !before.raw.includes('\n'));
      const encoded = encodeText(leaf.value).toString('base64');
      return [{ ...spanOf(source), text: isSame ? before.raw : this.written(encoded, source, shown) }];
    });
    return applyEdits(shown, edits);
  }

  private dataValues(text: string): DataValue[] {
    const { documents } = this.syntax.store.parse(encodeText(text));
    const found = documents.flatMap((document, at) => secretsIn(document, String(at)));
    return found
      .flatMap(([secret, place]) =>
        itemsOf(branchAt(secret, 'data')).flatMap(({ key, value }) => {
          // What an alias stands for is decoded where it is anchored.
          if (value.kind !== 'leaf' || value.alias || !value.source) return [];
          return [{ id: `${place} ${key}`, key, leaf: value, source: value.source }];
        }),
      )
      .sort((one, other) => one.source.start - other.source.start);
  }

  private written(value: string, source: Source, text: string): string {
    return this.syntax.write(value, source, text);
  }
}

function writeYaml(value: string, source: Source, text: string): string {
  const { column = 0 } = source;
  return writeScalar(value, {
    inFlow: source.style.startsWith('flow'),
    oneLine: /^[ \t]*[^ \t\r\n]/.test(text.slice(source.end, source.end + 200)),
    contentIndent: column + INDENT,
    parentIndent: column,
    writing: { strings: 'every-reader' },
  }).text;
}

function spanOf({ start, end, tag }: Source): { start: number; end: number } {
  return { start: tag?.start ?? start, end };
}

/** The Secrets of a document, which may be a list, each with its place. */
function secretsIn(document: Branch, place: string): [Branch, string][] {
  const found: [Branch, string][] = [];
  const pending: [Branch, string][] = [[document, place]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [object, at] = next;
    if (isSecret(object)) found.push(next);
    else if (stringAt(object, 'kind')?.endsWith('List')) {
      const items = valuesOf(valueAt(object, 'items')).map((value, index) => [value, `${at}.${index}`] as const);
      for (const [value, inner] of items.reverse()) if (value.kind === 'branch') pending.push([value, inner]);
    }
  }
  return found;
}
