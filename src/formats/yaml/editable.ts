/** YAML whose entries may come, go and be replaced: what changing a text needs beside reading it. */
import type { Branch, List, Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { Edit, EmitOptions, SourceFile } from '../store.js';
import { EntryPlaces } from './entry-places.js';
import { spliceEntries } from './entry-splice.js';
import { parseYaml, type YamlText } from './yaml-file.js';

/** See `FormatStore.loadEditor`. */
export function parseEditable(bytes: Uint8Array): SourceFile {
  return parseNoting(bytes, new EntryPlaces());
}

/** A text whose documents may be lists. */
export interface AnyYaml extends SourceFile {
  /** What each of the documents is. */
  readonly roots: readonly (Branch | List)[];
}

/** Reads YAML that is not a file of SOPS: `parseEditable`, but that a document may be a list. Throws as that does. */
export function readAnyYaml(bytes: Uint8Array): AnyYaml {
  const lists = new Map<Branch, List>();
  const file = parseNoting(bytes, new EntryPlaces(true), lists);
  return { ...file, roots: file.documents.map((document) => lists.get(document) ?? document) };
}

function parseNoting(bytes: Uint8Array, entries: EntryPlaces, lists?: Map<Branch, List>): SourceFile {
  const { watcher } = entries;
  const file = parseYaml(bytes, { watcher, edits: (text, options) => entryEdits(text, entries, options) }, lists);
  for (const document of file.documents) entries.note(document);
  return file;
}

/** See `EntryEditor.edits`. */
function entryEdits(
  { text, documents, places }: YamlText,
  entries: EntryPlaces,
  options: EmitOptions,
): { edits: Edit[]; gone: Set<Value> } {
  const edits: Edit[] = [];
  const gone = new Set<Value>();
  for (const [index, root] of documents.entries()) {
    const place = places[index];
    if (!place) continue;
    const spliced = spliceEntries(text, entries, { root, place, options });
    append(edits, spliced.edits);
    for (const value of spliced.gone) gone.add(value);
  }
  return { edits, gone };
}
