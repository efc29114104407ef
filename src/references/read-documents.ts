/** What files of references are read into: YAML whose documents may be lists, or JSON. */
import { formatNamed } from '../formats/registry.js';
import { emptyFile, type SourceFile } from '../formats/store.js';
import type { Branch, List, Value } from '../tree/tree.js';
import { decodeText, encodeText } from '../util/text/text.js';

/** A file with the values that its documents are. */
export interface ReferenceFile extends SourceFile {
  readonly roots: readonly (Branch | List)[];
  /** What the places of the values are in, where that is not the text. */
  readonly placedIn?: string;
}

/** Whether there is nothing but blank lines and comments, as where all manifests of a chart are switched off: no documents, and no broken one. */
function isEmpty(bytes: Uint8Array): boolean {
  const [first] = decodeText(bytes.subarray(0, 1024)).replace('\uFEFF', '').trimStart();
  if (first !== undefined && first !== '#') return false;
  return decodeText(bytes)
    .replace('\uFEFF', '')
    .split(/[\r\n]/)
    .every((line) => /^\s*(?:#|$)/.test(line));
}

/** JSON if it is that, for its numbers and its shape; else YAML. Throws as the readers of the formats do. */
export async function readReferenceFile(bytes: Uint8Array): Promise<ReferenceFile> {
  if (isEmpty(bytes)) return { ...emptyFile(), text: decodeText(bytes), roots: [] };
  const [first] = decodeText(bytes.subarray(0, 1024)).trimStart();
  if (first === '{' || first === '[') {
    const json = await readJsonFile(bytes, first === '[').catch(() => undefined);
    if (json) return json;
    // YAML in braces or brackets.
  }
  const { readAnyYaml } = await import('../formats/yaml/editable.js');
  return readAnyYaml(bytes);
}

/** What makes a list the value of an object, which is all that the reader takes; written as the rest of the text is. */
function wrapping(text: string): readonly [before: string, behind: string] {
  return [/":\s/.test(text) ? '{"": ' : '{"":', '}'];
}

async function readJsonFile(bytes: Uint8Array, isList: boolean): Promise<ReferenceFile | undefined> {
  const store = await formatNamed('json').load();
  if (!isList) {
    const file = store.parse(bytes);
    return { ...file, roots: file.documents };
  }
  const text = decodeText(bytes);
  const [before, behind] = wrapping(text);
  const file = store.parse(encodeText(`${before}${text}${behind}`));
  const roots = file.documents.flatMap(({ items }) => items.flatMap(valueIn)).filter((value) => value.kind === 'list');
  if (roots.length !== 1 || file.documents[0]?.items.length !== 1) return undefined;
  const edits: SourceFile['edits'] = (metadata, options) =>
    file.edits(metadata, options).map(({ start, end, ...edit }) => {
      return { ...edit, start: start - before.length, end: end - before.length };
    });
  return { ...file, placedIn: file.text, text, edits, roots };
}

function valueIn(entry: Branch['items'][number]): Value[] {
  return entry.kind === 'item' ? [entry.value] : [];
}
