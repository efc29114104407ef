/**
 * `node:path` as the executable has it (.ci/build.mjs puts it in): Bun's own turns what stands in a path for bytes that are not UTF-8, half
 * a surrogate pair each, into another character.
 */
import * as system from 'node:path';

type Words = readonly unknown[];
type Path = Readonly<Record<string, unknown>>;

const HALVES = 0xd800;
/** What stands for halves meanwhile: characters for private use, which a path is not to have beside such bytes. */
const STAND_INS = 0x10f000;
const STAND_IN = /[\u{10f000}-\u{10f7ff}]/gu;
const HALF = /\p{Surrogate}/gu;

function replaced(word: unknown): unknown {
  if (typeof word !== 'string') return word;
  return word.replaceAll(HALF, (half) => String.fromCodePoint(half.charCodeAt(0) - HALVES + STAND_INS));
}

function restored(found: unknown): unknown {
  if (typeof found === 'string') {
    return found.replaceAll(STAND_IN, (one) => String.fromCharCode((one.codePointAt(0) ?? 0) - STAND_INS + HALVES));
  }
  if (typeof found !== 'object' || found === null) return found;
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, restored(value)]));
}

function exact(path: Path): Path {
  const calls = Object.entries(path).map(([name, call]) => {
    if (typeof call !== 'function') return [name, call];
    const bare = call as (...words: Words) => unknown;
    const isWhole = (word: unknown): boolean => typeof word !== 'string' || word.isWellFormed();
    return [
      name,
      (...words: Words) => (words.every(isWhole) ? bare(...words) : restored(bare(...words.map(replaced)))),
    ];
  });
  return Object.fromEntries(calls);
}

export const exactPath: Path = {
  ...exact(system as unknown as Path),
  // Few runs ask for those, and all load this.
  get posix() {
    return exact(system.posix as unknown as Path);
  },
  get win32() {
    return exact(system.win32 as unknown as Path);
  },
};
