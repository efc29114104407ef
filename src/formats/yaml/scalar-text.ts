/** Writing a value as a YAML scalar: in the author's style where it can hold the value, else as go-yaml v3 would. */
import { SopsError } from '../../errors.js';
import type { LeafValue } from '../../tree/tree.js';
import { formatRfc3339 } from '../../util/text/rfc3339.js';
import { hasInvalidBytes } from '../../util/text/text.js';
import { isAmbiguous } from './ambiguous.js';
import { yamlFloatText } from './float-text.js';
import { resolvesToString } from './resolve.js';
import {
  type BlockText,
  binaryLines,
  doubleQuoted,
  foldedBlock,
  isBlockable,
  isFoldable,
  isPlainable,
  isSingleable,
  literalBlock,
  singleQuoted,
} from './scalar-strings.js';

export { doubleQuoted, foldedBlock, isBlockable, isFoldable, isPlainable, isSingleable, literalBlock, singleQuoted };

/** How a scalar stands in the text; `plain` also means: as go-yaml would write it. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** The place a scalar is written to. */
export interface ScalarPlace {
  /** The wished style, `plain` when absent. */
  readonly style?: ScalarStyle | undefined;
  /** Inside `[…]` or `{…}`, where no block scalar and fewer plain texts are possible. */
  readonly inFlow: boolean;
  /** Something follows on the line, so that no block scalar is possible. */
  readonly oneLine?: boolean;
  /** Column of the lines of a block scalar. */
  readonly contentIndent: number;
  /** Column of the key or dash that holds the scalar, -1 at the root. */
  readonly parentIndent: number;
  readonly writing?: ScalarWriting | undefined;
}

/** How scalars are written that could be taken for others; as go-yaml writes them unless told otherwise. */
export interface ScalarWriting {
  readonly strings?: StringQuoting | undefined;
  /** See `EmitOptions`. */
  readonly keepsFloats?: boolean | undefined;
  /** The same. */
  readonly quotesLines?: boolean | undefined;
}

/** Which one-line strings are quoted: those that go-yaml quotes, or all that some reader might take for another type. */
export type StringQuoting = 'go-yaml' | 'every-reader';

/** A written scalar: what stands on the first line and, for a block scalar, its indented lines below. */
export interface ScalarText {
  readonly head: string;
  readonly lines: readonly string[];
}

/** YAML 1.1's other booleans, which go-yaml reads as strings and writes in quotes. */
const OLD_BOOLS = new Set('y Y yes Yes YES on On ON n N no No NO off Off OFF'.split(' '));
/** YAML 1.1's numbers to base 60, likewise. */
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
/** Texts without any character of meaning: most of them, so tried before all else. */
const HARMLESS = /^[A-Za-z/][A-Za-z0-9/._+=-]*$/;
/** Ciphertexts, which are long: one look at them takes the place of six. Inside brackets their own are in the way. */
const SEALED = /^ENC\[[A-Za-z0-9_,:+/=]+\]$/;
const LARGEST_DISTANCE = 9;

/**
 * A value as a scalar. It reads back as the same type and value at this place, but that floats such as 1.0 are, unless
 * they are to be kept, written as go-yaml writes them (`1`, which has the same MAC). A block scalar's text ends before its last line
 * break: one break must follow it in the document.
 * Throws `output-format` for a time that has no text.
 */
export function writeScalar(value: LeafValue, place: ScalarPlace): { text: string } {
  const { head, lines } = layScalar(value, place);
  return { text: lines.length === 0 ? head : `${head}\n${lines.join('\n')}` };
}

/** As {@link writeScalar}, in parts, so that a comment can stand after the first line. */
export function layScalar(value: LeafValue, place: ScalarPlace): ScalarText {
  if (typeof value !== 'string') return { head: plainScalarText(value, place.writing), lines: [] };
  if (hasInvalidBytes(value)) return layBinary(value, place);
  switch (chooseStyle(value, place)) {
    case 'plain':
      return { head: value === '<<' ? '!!merge <<' : value, lines: [] };
    case 'single':
      return { head: singleQuoted(value), lines: [] };
    case 'literal':
      return layBlock(literalBlock(value, distanceOf(place)), place);
    case 'folded':
      return layBlock(foldedBlock(value, distanceOf(place)), place);
    default:
      return { head: doubleQuoted(value), lines: [] };
  }
}

/** The text of a value that is not a string, always plain. */
export function plainScalarText(value: Exclude<LeafValue, string>, writing?: ScalarWriting): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return yamlFloatText(value, writing?.keepsFloats);
  if (typeof value !== 'object') return value.toString();
  const text = formatRfc3339(value);
  if (text === null)
    throw new SopsError('output-format', 'a time cannot be written: its year or offset is out of range');
  return text;
}

/** The style a well-formed string gets: the wished one if that can hold it, else go-yaml's own choice. */
function chooseStyle(text: string, place: ScalarPlace): ScalarStyle {
  const block = mayBeBlock(place) && fitsBlock(text, place);
  switch (place.style) {
    case 'single':
      return isSingleable(text) ? 'single' : 'double';
    case 'double':
      return 'double';
    case 'folded':
      if (block && isFoldable(text)) return 'folded';
      return block && isBlockable(text) ? 'literal' : 'double';
    case 'literal':
      return block && isBlockable(text) ? 'literal' : 'double';
    default:
      if (text.includes('\n')) return block && isBlockable(text) ? 'literal' : 'double';
      return place.writing?.strings === 'every-reader' && isAmbiguous(text)
        ? 'double'
        : chooseOneLine(text, place.inFlow);
  }
}

function chooseOneLine(text: string, inFlow: boolean): ScalarStyle {
  if (!inFlow && SEALED.test(text)) return 'plain';
  if (!resolvesToString(text) || OLD_BOOLS.has(text) || BASE_60.test(text)) return 'double';
  if (HARMLESS.test(text) || isPlainable(text, inFlow)) return 'plain';
  return isSingleable(text) ? 'single' : 'double';
}

function mayBeBlock({ inFlow, oneLine, writing }: ScalarPlace): boolean {
  return !inFlow && !oneLine && !writing?.quotesLines;
}

/** Whether the distance to the parent can be written in the header if it must be. */
function fitsBlock(text: string, place: ScalarPlace): boolean {
  return distanceOf(place) <= LARGEST_DISTANCE || !/^[ \n]/.test(text);
}

function distanceOf(place: ScalarPlace): number {
  return place.contentIndent - Math.max(place.parentIndent, 0);
}

function layBlock(block: BlockText, place: ScalarPlace): ScalarText {
  const indent = ' '.repeat(place.contentIndent);
  return { head: block.header, lines: block.lines.map((line) => (line === '' ? '' : indent + line)) };
}

/** Bytes that are not text: base64, over several lines where that is possible and go-yaml would do it. */
function layBinary(value: string, place: ScalarPlace): ScalarText {
  const lines = binaryLines(value);
  if (lines.length < 2 || !mayBeBlock(place)) return { head: `!!binary ${lines.join('')}`, lines: [] };
  const block = layBlock({ header: '|', lines }, place);
  return { head: `!!binary ${block.head}`, lines: block.lines };
}
