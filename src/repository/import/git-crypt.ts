/** `import git-crypt`: files that git-crypt encrypts on their way into git (docs/import.md#git-crypt). */

import { dirname, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { tryGit } from '../../exec/git/run-git.js';
import type { FormatStore } from '../../formats/store.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { type GitCryptSource, gitCryptFiles, indexDiffers, keyNames, topOf } from './git-crypt-files.js';
import { isGitCrypt, openGitCrypt } from './git-crypt-key.js';
import { GitCryptKeys } from './git-crypt-keys.js';
import type { ImportedFile, ImportKind, ImportSettings, OpenedImport } from './source.js';
import { dotenvTargetName, targetName } from './target.js';
import { wholeContent } from './whole-content.js';

export function gitCryptKind(settings: ImportSettings): ImportKind {
  const found = new Map<string, GitCryptSource>();
  let keys: GitCryptKeys | undefined;
  return {
    described: 'a file that git-crypt encrypts',
    leftInHistory: 'what the key of git-crypt opens',
    targetName: (name) => (/^\.env(?:\.|$)|\.env$/.test(name) ? dotenvTargetName(name) : targetName(name)),
    next: nextSteps,
    async *find(files, host) {
      for await (const source of gitCryptFiles(files, this.described, host)) {
        found.set(source.file.absolute, source);
        yield source;
      }
    },
    open(source, store, host) {
      keys ??= new GitCryptKeys(settings.keys, host);
      return openSource(found.get(source.file.absolute) ?? { ...source, top: undefined }, keys, store);
    },
  };
}

async function openSource(source: GitCryptSource, all: GitCryptKeys, store: FormatStore): Promise<OpenedImport> {
  const { bytes, plain, top, keyName } = source;
  if (!isGitCrypt(bytes)) return { ...(await wholeContent(bytes, store)), keyFiles: [] };
  const { keys, files } = await all.keysFor({ top, name: keyName });
  const plaintext = openGitCrypt(bytes, keys);
  if (!plaintext) throw notOpened(keyName, keys.length);
  if (plain && !sameText(plain, plaintext)) throw indexDiffers();
  return { ...(await wholeContent(plaintext, store)), keyFiles: files };
}

/** A checkout may have given the file other line ends. */
function sameText(one: Buffer, other: Buffer): boolean {
  return (
    one.equals(other) ||
    one.toString('latin1').replaceAll('\r\n', '\n') === other.toString('latin1').replaceAll('\r\n', '\n')
  );
}

function notOpened(name: string | undefined, count: number): SopsError {
  const tried = count === 1 ? 'the key does not open it' : `none of ${count} keys opens it`;
  const wanted = name === undefined ? '' : ` (its attributes name the key ${oneLine(name)})`;
  return new SopsError('key', `${tried}, or it was changed: the HMAC of git-crypt does not fit${wanted}`, {
    hint: 'Name the file that git-crypt export-key wrote with --key-file FILE; several are tried.',
  });
}

/** How git-crypt is taken out, in an order in which nothing is committed in clear. */
async function nextSteps(imported: readonly ImportedFile[], host: Session): Promise<string[]> {
  const tops = new Map(imported.map(({ target }) => [topOf(dirname(target)), target]));
  const steps: string[] = [];
  for (const top of tops.keys()) {
    if (top === undefined) continue;
    append(steps, await stepsIn(top, imported, host));
  }
  return steps;
}

async function stepsIn(top: string, imported: readonly ImportedFile[], host: Session): Promise<string[]> {
  const shown = (path: string): string => oneLine(relative(top, path));
  const own = imported.filter(({ target }) => topOf(dirname(target)) === top);
  const covered = [
    ...(
      await keyNames(
        own.map(({ target }) => ({ absolute: target })),
        top,
        host,
      )
    ).keys(),
  ];
  const lines = await filterLines(top, host);
  const steps: string[] = [];
  if (covered.length > 0) {
    const targets = covered.map(shown).join(', ');
    steps.push(
      `add a line "PATH !filter !diff" to .gitattributes for each target, or git-crypt encrypts it once more: ${targets}`,
    );
  }
  steps.push('git rm the sources before git-crypt is taken out: without its filter git would take them in clear');
  if (lines.length > 0) steps.push(`take filter=git-crypt and diff=git-crypt out of ${lines.join(', ')}`);
  steps.push(
    'then git-crypt lock --all takes its keys and filters out of this clone, and git rm -r .git-crypt the keys that are wrapped for PGP',
  );
  return steps;
}

/** Where attributes name the filter, as `FILE:LINE`. */
async function filterLines(top: string, host: Session): Promise<string[]> {
  const args = ['grep', '-z', '-n', '-e', 'filter=git-crypt', '--', '.gitattributes', '**/.gitattributes'];
  const outcome = await tryGit(args, host, { cwd: top, elsewhere: true }).catch(() => null);
  if (outcome?.status !== 0) return [];
  const lines = decodeText(outcome.stdout)
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => line.split('\0').slice(0, 2).map(oneLine).join(':'));
}
