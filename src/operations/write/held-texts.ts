/** Texts that a format of nothing but texts has no way to write: dotenv takes a backslash with an n behind it for a line break. */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import { sameButComments } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch } from '../../tree/tree.js';
import { encodeText } from '../../util/text/text.js';
import { valuePathText } from '../read/value-path.js';

/** Throws `output-format` where a plaintext that was printed from documents does not have their texts. Only formats of texts are looked at. */
export function checkHoldsTexts(store: FormatStore, printed: string, documents: readonly Branch[]): void {
  if (formatNamed(store.name).levels === undefined) return;
  const found = (store.parsePlain ?? store.parse)(encodeText(printed)).documents;
  // As nearly always, and a table of a large file is larger than the file.
  if (sameButComments(found, documents)) return;
  const wanted = textsIn(documents);
  const read = textsIn(found);
  for (const [place, { text, path }] of wanted) {
    if (read.get(place)?.text === text) continue;
    throw new SopsError('output-format', `${valuePathText(path)} is a text that ${store.name} would read differently`, {
      path: path.map(String),
      hint: String.raw`In dotenv a backslash with an n behind it (\n) is a line break. Choose another format, or another text such as base64.`,
    });
  }
}

interface Text {
  readonly text: string;
  readonly path: readonly (string | number)[];
}

function textsIn(documents: readonly Branch[]): ReadonlyMap<string, Text> {
  const texts = new Map<string, Text>();
  for (const { node, treePath } of leaves(documents))
    if (typeof node.value === 'string') texts.set(JSON.stringify(treePath), { text: node.value, path: [...treePath] });
  return texts;
}
