/** `diff`: two versions of files, or what git says has changed, compared by key. */

import { relative, sep } from 'node:path';
import { configText } from '../../config/config-text.js';
import { CONFIG_NAME } from '../../config/find.js';
import { namesRecipient } from '../../config/recipient.js';
import { listNames, type NamedRecipientText, type NameOf, namedIn } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import { readBlob } from '../../exec/git/blobs.js';
import { workTreeOf } from '../../exec/git/places.js';
import type { FormatName } from '../../formats/registry.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { openReadingRun, type Run } from '../../run/run.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { mayBeEncrypted } from '../encrypted.js';
import { compareVersions, type FileDifference } from './difference.js';
import { VersionOpener } from './open-version.js';
import { changedPairs, commitsIn, type VersionPair, versionOf } from './versions.js';

export interface DiffRequest {
  /** Two versions; or, with a state to compare with or another number, files and folders. */
  readonly words: readonly string[];
  readonly since?: string | undefined;
  readonly staged: boolean;
  readonly inputType?: FormatName | undefined;
  readonly configPath?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  readonly decryptionOrder?: string | undefined;
  readonly ignoreMac: boolean;
  /** Whether no key is used. */
  readonly keyless: boolean;
  /** Reads standard input. */
  stdin(): Promise<Uint8Array>;
}

/**
 * Compares, in order of paths. What opening a file throws, but for want of a key, comes in its place, so that the others are compared all the same. Throws
 * `no-file` and `input-unreadable`.
 */
export async function* diffFiles(request: DiffRequest, host: Session): AsyncGenerator<FileDifference | SopsError> {
  const pairs = await pairsFor(request, host);
  const run = await openReadingRun({ ...request, filePath: CONFIG_NAME }, host);
  const opener = new VersionOpener(request, run);
  for (const pair of pairs) {
    const { before, after, isNamed } = pair;
    if (!isNamed && ![before, after].some(({ bytes }) => bytes !== null && mayBeEncrypted(Buffer.from(bytes))))
      continue;
    try {
      const [old, now] = [await opener.open(before), await opener.open(after)];
      if (!isNamed && old.metadata === null && now.metadata === null) continue;
      yield await compareVersions(old, now, await namesFor(pair, run));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      yield error;
    }
  }
}

async function pairsFor({ words, since, staged, stdin }: DiffRequest, host: Session): Promise<VersionPair[]> {
  const [one, other, ...more] = words;
  if (since !== undefined || staged || one === undefined || other === undefined || more.length > 0) {
    return changedPairs(words, { since, staged }, host);
  }
  const commits = await commitsIn([one, other], host);
  if (commits) return changedPairs([], { staged, commits }, host);
  const before = await versionOf(one, stdin, host);
  return [{ before, after: await versionOf(other, stdin, host), isNamed: true }];
}

/** Names of the configuration in force, and of what it was on the side of git: whoever was taken out has no name in it any more. */
async function namesFor({ before, after }: VersionPair, run: Run): Promise<NameOf> {
  const { config } = run;
  if (!config) return () => undefined;
  const names: NamedRecipientText[] = await listNames(config, run);
  for (const { revision } of [before, after]) {
    if (revision !== undefined) append(names, await oldNames(revision, config.file.absolute, run));
  }
  return (keyString) => names.find(([, recipient]) => namesRecipient(keyString, recipient))?.[0];
}

const OLD_NAMES = Symbol('names of older configurations');

/** Each version of the configuration is read once. */
function oldNames(revision: string, config: string, run: Run): Promise<readonly NamedRecipientText[]> {
  const known = run.once(OLD_NAMES, () => new Map<string, Promise<readonly NamedRecipientText[]>>());
  let names = known.get(revision);
  if (!names) {
    names = readOldNames(revision, config, run);
    known.set(revision, names);
  }
  return names;
}

async function readOldNames(revision: string, config: string, run: Run): Promise<readonly NamedRecipientText[]> {
  const tree = await workTreeOf(run.cwd, run);
  if (!tree) return [];
  const bytes = await readBlob(`${revision}:${relative(tree.top, config).replaceAll(sep, '/')}`, run);
  return bytes ? namedIn(configText(bytes)).catch(() => []) : [];
}
