/** Places that hold secrets by name: a file as one secret of JSON, or a secret for each of its keys (docs/publish.md#layouts). */
import { SopsError } from '../errors.js';
import { sideBySide } from '../util/waiting/side-by-side.js';
import type { PlainValues, PutResult, Remnant, RemotePlace, RemoteSettings } from './remote.js';

/** Rates of the services are low, and writing is more than one request. */
const MOST_AT_A_TIME = 4;

/** One secret of a place, as it is to be. */
export interface SecretPart {
  /** The name there. */
  readonly name: string;
  /** What the names of all secrets of the file begin with, or the name of the only one. */
  readonly base: string;
  /** The key of the file that it holds; undefined for all of the file. */
  readonly key: string | undefined;
  readonly text: string;
  /** Whether a text is the same secret. */
  isSame(text: string): boolean;
}

/** A store of secrets by name. */
export interface SecretStore {
  /** For messages and questions. */
  url(name: string): string;
  /** The name of a key's secret. Throws `config` for one that the store does not take. */
  nameFor(base: string, key: string): string;
  /** Makes a secret or gives it a new version, if it is another; rejects when it was changed by somebody else meanwhile. */
  write(part: SecretPart): Promise<PutResult>;
  /** The secrets that were made for this base. */
  made(base: string): Promise<readonly Remnant[]>;
}

const WHOLE_FILE = 'json';

/** Whether a rule asks for one secret of JSON, also where that is not the usual. */
export function isWholeFile(settings: RemoteSettings): boolean {
  return settings.get('layout') === WHOLE_FILE;
}

/** A place where the files of a rule are secrets. `baseFor` is asked for the name of a file, and throws `config`. */
export function secretPlace(
  settings: RemoteSettings,
  store: SecretStore,
  baseFor: (fileName: string) => string,
): RemotePlace<PlainValues> {
  const isPerKey = settings.get('layout') === 'per_key';
  const partsOf = (name: string, values: PlainValues): SecretPart[] => {
    const base = baseFor(name);
    return isPerKey ? keyParts(base, values, store) : [wholePart(base, values)];
  };
  return {
    url: (name) => `${store.url(baseFor(name))}${isPerKey ? ' (a secret for each key)' : ''}`,
    put: (name, values) => writeAll(partsOf(name, values), store),
    async leftovers(name, values) {
      const kept = new Set(partsOf(name, values).map((part) => part.name));
      return (await store.made(baseFor(name))).filter((one) => !kept.has(one.name));
    },
  };
}

function wholePart(base: string, values: PlainValues): SecretPart {
  return { name: base, base, key: undefined, text: values.json, isSame: (text) => values.isIn(text, []) };
}

function keyParts(base: string, { entries }: PlainValues, store: SecretStore): SecretPart[] {
  const parts = entries.map(({ key, text }) => {
    if (text === '') {
      throw new SopsError('failed', 'a secret of its own cannot be empty', { path: [key], hint: 'See layout: json.' });
    }
    return { name: store.nameFor(base, key), base, key, text, isSame: (found: string) => found === text };
  });
  const byName = new Map(parts.map((part) => [part.name, part]));
  const twice = parts.find((part) => byName.get(part.name) !== part);
  if (!twice) return parts;
  throw new SopsError('config', `two keys would have the name ${twice.name}, one of them ${twice.key}`, {
    hint: 'Rename one of them, or write layout: json.',
  });
}

/** All of them are tried, so that the error tells how far it came. */
async function writeAll(parts: readonly SecretPart[], store: SecretStore): Promise<PutResult> {
  const results: (PutResult | SopsError)[] = [];
  const work = (part: SecretPart): Promise<PutResult | SopsError> =>
    store.write(part).catch((error: unknown) => {
      if (error instanceof SopsError) return error;
      throw error;
    });
  for await (const [, result] of sideBySide(parts, { work, most: MOST_AT_A_TIME })) results.push(result);
  const failures = results.filter((result) => result instanceof SopsError);
  const [first] = failures;
  if (first && parts.length === 1) throw first;
  if (first) {
    const there = parts.length - failures.length;
    throw first.reworded(`${there} of ${parts.length} secrets are up to date; ${first.message}`);
  }
  return results.includes('written') ? 'written' : 'unchanged';
}

/** The error for a secret that is not as it was when it was read. */
export function changedThere(place: string): SopsError {
  return new SopsError(
    'changed-meanwhile',
    `${place} was changed by somebody else meanwhile, so it was left as it is`,
    {
      hint: 'See what is there now, and publish again.',
    },
  );
}

/** The error where a place cannot tell before it writes. */
export function writtenOver(place: string, version: string): SopsError {
  return new SopsError(
    'failed',
    `${place} was written, but somebody else had written the version ${version} just before`,
    {
      hint: 'That version is still there: compare the two, and publish again what is to count.',
    },
  );
}

/** A text as tags take it. */
export function tagText(text: string): string {
  return text.replaceAll(/[^\w .:/=+@-]/g, '_').slice(0, 256);
}

/** Who makes secrets, where the user names nobody else. */
export const MAKER = 'sops-ts';

/** How makers mark what they made, where names of marks may have hyphens. */
export const MARKS = { manager: 'managed-by', base: 'sops-ts-base', key: 'sops-ts-key' } as const;
