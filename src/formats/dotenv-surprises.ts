/** dotenv as people write it: quotes, comments after values and `export`, none of which SOPS knows (docs/format.md#dotenv). */
import type { Comment, Item } from '../tree/tree.js';
import { dotenvEnvironment, QUOTES } from './dotenv-environment.js';
import type { Surprise } from './store.js';

const EXPORT = /^\s*export\s/;

/** The values that SOPS reads differently than {@link dotenvEnvironment}, and why. */
export function dotenvSurprises(entries: readonly (Item | Comment)[], text: string): Surprise[] {
  // Asked for seldom, and with hundreds of thousands of variables not small.
  let environment: ReadonlyMap<string, string> | undefined;
  const meant = (name: string): string | undefined => {
    environment ??= dotenvEnvironment(text);
    return environment.get(name);
  };
  return entries.flatMap((entry) => {
    if (entry.kind !== 'item' || entry.value.kind !== 'leaf' || typeof entry.value.value !== 'string') return [];
    const found = readingOf(entry.key, entry.value.value, meant);
    return found ? [{ path: [entry.key], leaf: entry.value, ...found }] : [];
  });
}

function readingOf(
  key: string,
  value: string,
  meant: (name: string) => string | undefined,
): Pick<Surprise, 'reading' | 'rest'> | undefined {
  const text = value.trim();
  const quote = text.charAt(0);
  if (quote !== '' && QUOTES.includes(quote)) {
    if (text.indexOf(quote, 1) > 0) return { reading: 'the quotes are part of the value' };
    // Only a quote further down makes the lines between belong to the value.
    const name = key.trim().replace(EXPORT, '').trim();
    if (meant(name)?.includes('\n')) {
      return { reading: 'the lines below it are not part of the value', rest: 'keys' };
    }
  }
  if (key.startsWith('\ufeff')) return { reading: 'the byte order mark is part of the name' };
  if (EXPORT.test(key)) return { reading: '"export" is part of the name' };
  if (key !== key.trim()) return { reading: 'the blanks before "=" are part of the name' };
  if (text.includes('#')) return { reading: 'what follows "#" is part of the value' };
  if (value === `${text}\r`) return { reading: 'the carriage return at the end of its line is part of the value' };
  return value === text ? undefined : { reading: 'the blanks around it are part of the value' };
}
