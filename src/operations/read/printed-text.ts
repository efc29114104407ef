/** The whole text of an open file in the type that was asked for. */

import type { FormatName } from '../../formats/registry.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import type { Indent } from '../../run/indent.js';
import { append } from '../../util/lists.js';
import { encodeText } from '../../util/text/text.js';
import { isTextWithin } from './input.js';
import { type OpenedFile, plainText } from './open-file.js';

/**
 * The author's text, unless it is one of another format than `outputType` names: JSON is YAML to some readers, and to others not.
 * Throws `output-format` for a tree that the format cannot say; warns, in the file's warnings, of what another format loses.
 */
export async function printedText(
  opened: OpenedFile,
  printing: { readonly printer: FormatStore; readonly outputType?: FormatName | undefined },
  { reprints, width }: Indent,
): Promise<string> {
  const { printer, outputType } = printing;
  if (printer === opened.store && !reprints) {
    const text = plainText(opened, width);
    const isOther = outputType && (await isTextWithin(formatNamed(outputType), encodeText(text)));
    if (!isOther) return text;
  }
  const { documents } = opened.file;
  const text = printer.emit(documents, null, { indent: width });
  if (printer !== opened.store) {
    const { lossesOf } = await import('./conversion.js');
    append(opened.warnings, lossesOf(text, documents, printer));
  }
  return text;
}
