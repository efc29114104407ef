/** `import dotenvx`: `.env` files whose values dotenvx has encrypted (docs/import.md#dotenvx). */
import { SopsError } from '../../errors.js';
import type { FormatStore } from '../../formats/store.js';
import type { Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { dotenvxKeys } from './dotenvx-keys.js';
import { CIPHERTEXT, type DotenvxKey, isPublicKeyOf, openDotenvx } from './dotenvx-value.js';
import { briefList, envContent } from './env-content.js';
import { type EnvEntry, type EnvLine, readEnvLines } from './env-lines.js';
import { sourcesByContent } from './find-sources.js';
import type { ImportKind, ImportSettings, ImportSource, OpenedImport } from './source.js';
import { dotenvTargetName } from './target.js';

const PUBLIC_KEY = /^DOTENV_PUBLIC_KEY(?:_\w+)?$/;
const MARK = /^(?:\xef\xbb\xbf)?[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*(?:=|:[ \t])[ \t]*["'`]?encrypted:[A-Za-z0-9+/]/m;
/** What dotenvx expands when it reads a value that is not in single quotes. */
const EXPANDED = /\$(?:[A-Za-z_{(])/;

export function dotenvxKind(settings: ImportSettings): ImportKind {
  const described = 'a file with values that dotenvx has encrypted';
  return {
    described,
    leftInHistory: 'what the private key of dotenvx opens',
    targetName: dotenvTargetName,
    find: (files, host) =>
      sourcesByContent(files, { described, recognises: (bytes) => MARK.test(bytes.toString('latin1')) }, host),
    open: (source, store, host) => open(source, { settings, store, host }),
  };
}

interface Opening {
  readonly settings: ImportSettings;
  readonly store: FormatStore;
  readonly host: Session;
}

async function open({ file, bytes }: ImportSource, { settings, store, host }: Opening): Promise<OpenedImport> {
  const lines = readEnvLines(bytes, { readsTabs: true });
  const publicKey = lines.find((line) => line.kind === 'entry' && PUBLIC_KEY.test(line.name));
  const named = publicKey?.kind === 'entry' ? publicKey : undefined;
  const keys = await dotenvxKeys(file, named, settings.keys, host);
  const ordered = named ? await publicFirst(keys, named.value) : keys;
  const used = new Set<string>();
  const sealed: string[] = [];
  const plain: EnvLine[] = [];
  for (const line of withoutMachinery(lines)) {
    if (line.kind !== 'entry' || !line.value.startsWith(CIPHERTEXT)) plain.push(line);
    else {
      const opened = await openDotenvx(line.value, ordered);
      if (!opened) throw notOpened(line.name, ordered.length, named?.name);
      if (opened.key.file !== undefined) used.add(opened.key.file);
      sealed.push(line.name);
      plain.push({ ...line, value: opened.text, doubt: undefined });
    }
  }
  const entries = plain.filter((line) => line.kind === 'entry');
  const content = envContent(
    plain.map((line) => (line.kind === 'entry' ? unescaped(line) : line)),
    store,
  );
  return {
    ...content,
    warnings: [...content.warnings, ...expansions(entries.filter(expands).map(({ name }) => name))],
    secrets: new Set(sealed.map((name) => `["${name}"]`)),
    keyFiles: [...used],
  };
}

/** The key that the file names goes first: the others may be many. */
async function publicFirst(keys: readonly DotenvxKey[], publicKey: string): Promise<DotenvxKey[]> {
  const own: DotenvxKey[] = [];
  const others: DotenvxKey[] = [];
  for (const key of keys) ((await isPublicKeyOf(key, publicKey)) ? own : others).push(key);
  return [...own, ...others];
}

/** Without the public key and the notice that dotenvx puts above it, which mean nothing any more. */
function withoutMachinery(lines: readonly EnvLine[]): EnvLine[] {
  const kept: EnvLine[] = [];
  for (const line of lines) {
    if (line.kind === 'entry' && PUBLIC_KEY.test(line.name)) {
      for (let last = kept.at(-1); last?.kind === 'comment' && last.text.startsWith('/'); last = kept.at(-1))
        kept.pop();
    } else if (line.kind !== 'blank' || kept.length > 0) kept.push(line);
  }
  return kept;
}

/** `\$` is how a `$` is written that is not to be expanded. */
function unescaped(entry: EnvEntry): EnvEntry {
  return entry.quote === "'" ? entry : { ...entry, value: entry.value.replaceAll('\\$', '$') };
}

function expands({ quote, value }: EnvEntry): boolean {
  return quote !== "'" && EXPANDED.test(value.replaceAll('\\$', ''));
}

function expansions(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `dotenvx expands $NAME in some values when it reads them; they are kept as they are written: ${briefList(names)}`,
  ];
}

function notOpened(name: string, count: number, publicName: string | undefined): SopsError {
  const variable = (publicName ?? 'DOTENV_PUBLIC_KEY').replace('PUBLIC', 'PRIVATE');
  const none = count === 0;
  return new SopsError(
    'key',
    none ? `no private key of dotenvx for ${oneLine(name)}` : `no private key opens ${name}`,
    {
      path: [name],
      hint: `It is looked for as ${variable} in the environment and in .env.keys beside the file (--keys-file names another); keys that dotenvx keeps in an operating system's store or a password manager must be put there first.`,
    },
  );
}
