/** Line ends and byte order mark of plaintexts: merged by themselves, so that a side that changed them changes no line. */
import type { FormatStore } from '../../formats/store.js';
import { agrees } from './agreement.js';
import { readMerged } from './plain-merge.js';
import type { PlainSide } from './text-pieces.js';

const MARK = '\ufeff';

interface TextForm {
  readonly mark: boolean;
  readonly wide: boolean;
}

/** Plaintexts with line feeds and without mark where that changes no value, and how a merged text gets its form back. */
export interface EvenTexts<Texts> {
  readonly texts: Texts;
  finish(text: string): string;
}

type Versions = { readonly base: PlainSide | null; readonly ours: PlainSide; readonly theirs: PlainSide };

export function evenTexts(store: FormatStore, versions: Versions): EvenTexts<Versions> {
  const { base, ours, theirs } = versions;
  const own = evened(store, ours);
  const other = evened(store, theirs);
  const before = base && evened(store, base);
  const forms = [ours, theirs, base ?? theirs].map(({ text }) => formOf(text)) as [TextForm, TextForm, TextForm];
  if (!own || !other || (base && !before)) return { texts: versions, finish: (text) => text };
  const [mine, others, old] = forms;
  const mark = mine.mark === old.mark ? others.mark : mine.mark;
  const wide = mine.wide === old.wide ? others.wide : mine.wide;
  return {
    texts: { base: before ?? null, ours: own, theirs: other },
    finish: (text) => (mark ? MARK : '') + (wide ? text.replaceAll('\n', '\r\n') : text),
  };
}

function formOf(text: string): TextForm {
  const ends = text.split('\n').length - 1;
  return { mark: text.startsWith(MARK), wide: ends > 0 && text.split('\r\n').length - 1 === ends };
}

/** The same plaintext with line feeds and without mark; undefined where that would say something else. */
function evened(store: FormatStore, side: PlainSide): PlainSide | undefined {
  const { mark, wide } = formOf(side.text);
  if (!mark && !wide) return side;
  const bare = mark ? side.text.slice(MARK.length) : side.text;
  const text = wide ? bare.replaceAll('\r\n', '\n') : bare;
  const file = readMerged(store, text);
  return file && agrees(file.documents, side.documents) ? { text, documents: file.documents } : undefined;
}
