/** The three-way merge of plaintexts, finer than by lines: what only one side changed is there character by character. */
import { sameLeafValue } from '../../tree/equality.js';
import type { LeafValue } from '../../tree/tree.js';
import { matching } from './matching.js';
import type { Side } from './merge-contract.js';
import { PieceNumbers, type PlainSide, type TextPiece, textPiecesOf } from './text-pieces.js';
import { type Region, regionsOf, type Stretch } from './three-way.js';

/** A text, and how often both sides had changed the same part of it. */
export type MergeableText = Readonly<Record<Side, PlainSide>>;

/**
 * Merges three plaintexts; where both sides changed the same part, and its scalars and what stands around them do not tell what is meant, it is that of
 * `favoured`. The result need not be a text of the format: whoever calls holds it against the merged tree. Linear in the texts.
 */
export function mergeText(texts: MergeableText, favoured: Side): string {
  const numbers = new PieceNumbers();
  const tokens = { base: textPiecesOf(texts.base), ours: textPiecesOf(texts.ours), theirs: textPiecesOf(texts.theirs) };
  const base = numbers.of(tokens.base);
  const [ours, theirs] = [matching(base, numbers.of(tokens.ours)), matching(base, numbers.of(tokens.theirs))];
  const lengths = { ours: tokens.ours.length, theirs: tokens.theirs.length };
  return regionsOf(ours, theirs, lengths, 'apart')
    .map((region) => regionText(region, tokens, favoured))
    .join('');
}

type Tokens = Readonly<Record<Side, readonly TextPiece[]>>;

function regionText(region: Region, tokens: Tokens, favoured: Side): string {
  const part = (side: Side): readonly TextPiece[] => within(tokens[side], region[side]);
  if (region.changed === 'theirs') return textOf(part('theirs'));
  if (region.changed !== 'both') return textOf(part('ours'));
  const parts = { base: part('base'), ours: part('ours'), theirs: part('theirs') };
  const [base, ours, theirs] = [parts.base, parts.ours, parts.theirs].map(textOf);
  if (ours === theirs || base === theirs) return ours ?? '';
  if (base === ours) return theirs ?? '';
  if (base === '' && areApart(parts.ours, parts.theirs)) return `${ours}${theirs}`;
  return tokenByToken(parts, favoured) ?? textOf(parts[favoured]);
}

/** Whether two insertions have no scalar of one place, so that both may stand, ours first. */
function areApart(ours: readonly TextPiece[], theirs: readonly TextPiece[]): boolean {
  const paths = new Set(ours.map(({ path }) => path));
  return theirs.every(({ path }) => path === undefined || !paths.has(path)) && endsLine(ours);
}

/** Else what follows would stand on the last line of ours. */
function endsLine(tokens: readonly TextPiece[]): boolean {
  const text = textOf(tokens);
  return text.endsWith('\n') || /^[,\s]/.test(text);
}

/** The merge of a part with the same scalars on all sides, or undefined. */
function tokenByToken({ base, ours, theirs }: Tokens, favoured: Side): string | undefined {
  if (base.length !== ours.length || base.length !== theirs.length) return undefined;
  if (!base.every(({ path }, at) => path === ours[at]?.path && path === theirs[at]?.path)) return undefined;
  const merged = base.map((before, at) => mergedToken(before, ours[at] ?? before, theirs[at] ?? before, favoured));
  return merged.join('');
}

function mergedToken(base: TextPiece, ours: TextPiece, theirs: TextPiece, favoured: Side): string {
  if (base.text === theirs.text) return ours.text;
  if (base.text === ours.text) return theirs.text;
  if (base.path !== undefined) {
    if (isSame(base, theirs) || isSame(ours, theirs)) return ours.text;
    if (isSame(base, ours)) return theirs.text;
    return { base, ours, theirs }[favoured].text;
  }
  return ours.text;
}

function isSame({ value: one }: TextPiece, { value: other }: TextPiece): boolean {
  return sameLeafValue(one as LeafValue, other as LeafValue);
}

function within(tokens: readonly TextPiece[], { from, to }: Stretch): readonly TextPiece[] {
  return tokens.slice(from, to);
}

function textOf(tokens: readonly TextPiece[]): string {
  return tokens.map(({ text }) => text).join('');
}
