/** Texts in base64 in which a private key may stand, wherever it begins in them and however the lines are broken: as Secrets of Kubernetes have it. */

/** A run of base64, and the text in it from the word on by which it was found. */
export interface Base64Text {
  readonly start: number;
  readonly length: number;
  readonly text: string;
}

/** What a word is in base64 behind so many bytes, and what stands before that in its group of four. */
interface Form {
  readonly head: string;
  readonly text: string;
}

/** The three ways in which a word can stand in base64: those of its characters that say nothing of what is around it. */
function formsOf(word: string): Form[] {
  return [0, 1, 2].map((offset) => {
    const all = Buffer.from('\0'.repeat(offset) + word).toString('base64');
    const from = Math.ceil((offset * 8) / 6);
    return { head: all.slice(0, from), text: all.slice(from, Math.floor(((offset + word.length) * 8) / 6)) };
  });
}

const FORMS = ['AGE-SECRET-KEY-', '-----BEGIN '].flatMap(formsOf);

/** What stands in every such text, in halves, since one of them may be broken by the end of a line. */
export const BASE64_NEEDLES: readonly string[] = ['AGE-SECR', 'ET-KEY-', '-----BEGIN ']
  .flatMap(formsOf)
  .map(({ text }) => text);

/** Ends of lines, also as JSON has them, and the blanks around. */
const BREAK = String.raw`(?:\s|\\[nr]){0,64}`;
const BEGINNING = new RegExp(
  FORMS.map(({ text }) => `(${[...text].map((sign) => sign.replace('+', '\\+')).join(BREAK)})`).join('|'),
  'g',
);
/** One class of characters, which takes no memory for each; what stands after a backslash that is not a break comes to nothing. */
const RUN = /[A-Za-z0-9+/\s\\]*/y;
const BREAKS = /\\[nr]|\s/g;

/** Each run once. */
export function base64Texts(text: string): Base64Text[] {
  const found: Base64Text[] = [];
  BEGINNING.lastIndex = 0;
  for (let match = BEGINNING.exec(text); match; match = BEGINNING.exec(text)) {
    const form = FORMS[match.slice(1).findIndex((group) => group !== undefined)];
    RUN.lastIndex = match.index;
    const run = (RUN.exec(text)?.[0] ?? '').trimEnd();
    const inner = Buffer.from((form?.head ?? '') + run.replace(BREAKS, ''), 'base64').toString('latin1');
    found.push({ start: match.index, length: run.length, text: inner });
    BEGINNING.lastIndex = Math.max(match.index + run.length, BEGINNING.lastIndex);
  }
  return found;
}
