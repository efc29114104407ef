/** Words for completion that stand in files: places of values, which are readable without a key, and names of recipients. */
import { listNames } from '../../config/recipient-names.js';
import { listFile } from '../../operations/read/list.js';
import { valuePathText } from '../../operations/read/value-path.js';
import { openRun } from '../../run/run.js';
import type { Session } from '../../util/host/host.js';
import { createHost } from '../host.js';
import { printable } from '../output/report.js';
import type { Streams } from '../terminal/streams.js';
import type { OfferedWord, WantedWords } from './candidates.js';

/** A shell shows no more of use, and asks the user before it shows them. */
const MOST_WORDS = 2000;

/** Never rejects: what cannot be read gives no words. Nothing is printed but the words. */
export async function lookUp(wanted: WantedWords, current: string, streams: Streams): Promise<OfferedWord[]> {
  const host = { ...createHost(streams), warn: () => undefined };
  try {
    const found = wanted.kind === 'place' ? await placesOf(wanted.file, host) : await recipientsFor(host);
    const words = found.map(({ word, text }) => ({ word: `${wanted.prefix}${word}`, text: printable(text) }));
    return words.filter(({ word }) => word.startsWith(current) && printable(word) === word).slice(0, MOST_WORDS);
  } catch {
    return [];
  }
}

/** The values of a file, each after the maps and lists that it stands in. */
async function placesOf(path: string | undefined, host: Session): Promise<OfferedWord[]> {
  if (path === undefined) return [];
  const { entries } = await listFile({ input: { kind: 'file', path } }, host);
  const words = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind !== 'value' || entry.document !== undefined) continue;
    for (let length = 1; length < entry.path.length; length++) {
      const isList = typeof entry.path[length] === 'number';
      words.set(valuePathText(entry.path.slice(0, length)), isList ? 'list' : 'map');
    }
    words.set(entry.place, entry.type);
  }
  return [...words].map(([word, text]) => ({ word, text }));
}

async function recipientsFor(host: Session): Promise<OfferedWord[]> {
  const { config } = await openRun({}, host);
  return config ? (await listNames(config, host)).map(([word, text]) => ({ word, text })) : [];
}
