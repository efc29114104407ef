/** Findings that a comment on their line says are meant: `sops-ts:allow REASON`. */
import { decodeText } from '../../util/text/text.js';
import type { Discovery } from './check-finding.js';

/** A reason has at least one word; what closes a comment is not a word. */
const ALLOW = /sops-ts:allow[ \t]{1,8}(?!-->|\*\/|["'}])\S/;
const MARK = 'sops-ts:allow';
/** A line that is a comment and nothing else, in whatever language. */
const COMMENT_LINE = /^[ \t]*(?:#|;|\/\/|\/\*|<!--|--)/;

/** Those that nobody allowed, and how many somebody did: on the line itself, or on a line of comment right above it. */
export function withoutAllowed(
  discoveries: readonly Discovery[],
  bytes: Buffer,
): { readonly discoveries: readonly Discovery[]; readonly allowed: number } {
  if (discoveries.length === 0 || !bytes.includes(MARK)) return { discoveries, allowed: 0 };
  const isAllowed = allowedLines(decodeText(bytes));
  const left = discoveries.filter(({ line }) => !isAllowed(line));
  return { discoveries: left, allowed: discoveries.length - left.length };
}

/** Tells of each line of a text, from 1, whether what is found there is meant. */
export function allowedLines(text: string): (line: number | undefined) => boolean {
  if (!text.includes(MARK)) return () => false;
  const lines = text.split('\n');
  return (line) => {
    if (line === undefined) return false;
    const above = lines[line - 2] ?? '';
    return ALLOW.test(lines[line - 1] ?? '') || (COMMENT_LINE.test(above) && ALLOW.test(above));
  };
}
