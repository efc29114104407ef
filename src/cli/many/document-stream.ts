/** Plaintexts of several files as one stream of documents, as `kubectl apply -f -` and `jq` read it. */
import { SopsError } from '../../errors.js';
import { type FormatName, type FormatRow, formatMeantBy, formatNamed } from '../../formats/registry.js';
import { withoutMark } from '../../formats/utf16.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';

/** YAML, where JSON is a document as well, or a line of JSON each. */
export class DocumentStream {
  readonly #joined: FormatRow['joined'];
  #isBegun = false;

  /**
   * For files that are called so, all of them printed as `outputType` if that is given. Throws `output-format` for several of a format whose
   * texts cannot stand one after another.
   */
  constructor(paths: readonly string[], outputType: FormatName | undefined) {
    const rows = paths.map((path) => [path, outputType ? formatNamed(outputType) : formatMeantBy(path)] as const);
    const alone = rows.find(([, row]) => row.joined === undefined);
    if (alone && paths.length > 1) throw notJoined(alone[0], alone[1].name);
    this.#joined = rows.every(([, row]) => row.joined === 'lines') ? 'lines' : 'documents';
  }

  /** What is to be printed of the next file. Throws `output-format` for what is of another format than its name said. */
  next(path: string, bytes: Uint8Array, format: string, isOnly: boolean): Uint8Array | string {
    if (isOnly) return bytes;
    const { joined } = formatNamed(format);
    if (joined === undefined || (this.#joined === 'lines' && joined !== 'lines')) throw notJoined(path, format);
    const text = decodeText(withoutMark(bytes));
    const isFirst = !this.#isBegun;
    this.#isBegun = true;
    if (this.#joined === 'lines') return `${compact(text)}\n`;
    return (isFirst ? '' : borderBefore(text)) + (text === '' || text.endsWith('\n') ? text : `${text}\n`);
  }
}

/** What stands between two documents: nothing where the second has its own mark, and the end of the first before directives. */
function borderBefore(text: string): string {
  const [first = ''] = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
  if (/^---(?:\s|$)/.test(first)) return '';
  return first.startsWith('%') ? '...\n' : '---\n';
}

/** JSON without the blanks between its tokens: no token is touched, so numbers stay as they are written. */
function compact(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''));
}

function notJoined(path: string, format: string): SopsError {
  const message = `${oneLine(path)} is ${format}: its text cannot stand in one stream with others`;
  return new SopsError('output-format', message, {
    file: path,
    hint: 'Give --output-type yaml or json, or write files: --output-dir FOLDER.',
  });
}
