/** The rule books of a check: for each folder the nearest configuration, from wherever the files themselves come. */
import { dirname, join, relative, sep } from 'node:path';
import { configText } from '../../config/config-text.js';
import { CONFIG_NAME } from '../../config/find.js';
import { configOfBytes } from '../../config/read.js';
import { type NameOf, namesIn, namesOf } from '../../config/recipient-names.js';
import { repositoryOf } from '../../exec/git/places.js';
import { openRun } from '../../run/run.js';
import { isWithin, statOrThrow } from '../../util/files/files.js';
import type { Session } from '../../util/host/host.js';
import { RuleBook } from './rule-book.js';

/** Gives the rules for a file by its absolute path; null where there are none. Rejects with `config`. */
export type BookOf = (absolute: string) => Promise<RuleBook | null> | RuleBook | null;

/** A configuration that git holds, by its folder; undefined where there is none. */
export type HeldConfig = (folder: string) => Uint8Array | undefined;

/** Rules that were read of the same text at the same place: the commits of a range mostly have one configuration. */
export type KnownBooks = Map<string, Promise<RuleBook | null>>;

interface BookSources {
  readonly host: Session;
  /** The configuration for all files, as `--config` names it; `SOPS_CONFIG` counts as well. */
  readonly configPath?: string | undefined;
  /** The top of the work tree of the working directory; null outside of a repository. */
  readonly top: string | null;
  /** Where configurations are read from instead of the work tree. */
  readonly held?: HeldConfig;
  readonly known?: KnownBooks;
}

/**
 * The nearest configuration with creation rules at or above a file, up to the top of the repository, and where there is none the one that other commands
 * would find from the working directory: people encrypt a file from its own folder as well as from the top.
 */
export function bookFinder({ host, configPath, top, held, known: books }: BookSources): BookOf {
  const byFolder = new Map<string, Promise<RuleBook | null> | RuleBook | null>();
  const byConfig: KnownBooks = books ?? new Map();
  const chosen = configPath || host.env.SOPS_CONFIG;
  const opened = (key: string, open: () => Promise<RuleBook | null>): Promise<RuleBook | null> => {
    const known = byConfig.get(key) ?? open();
    byConfig.set(key, known);
    return known;
  };
  const ownOf = (folder: string): Promise<RuleBook | null> | undefined => {
    const bytes = held?.(folder);
    if (bytes)
      return opened(`${folder}\0${Buffer.from(bytes).toString('latin1')}`, () => bookOfBytes(bytes, folder, host));
    const path = join(folder, CONFIG_NAME);
    return !held && statOrThrow(path) ? opened(folder, () => openBook(relative(host.cwd, path), host)) : undefined;
  };
  const usual = (): Promise<RuleBook | null> => opened('\0', () => openBook(configPath, host));
  const nearest = (folder: string): Promise<RuleBook | null> => {
    if (chosen) return usual();
    const isLast = folder === topOf(folder, top) || folder === dirname(folder);
    const above = async (): Promise<RuleBook | null> => (isLast ? usual() : inFolder(dirname(folder)));
    const own = ownOf(folder);
    // One without creation rules is there for something else: nobody can encrypt by it, and it does not put those above out of force.
    return own ? own.then(async (book) => (book?.hasRules === false ? ((await above()) ?? book) : book)) : above();
  };
  const inFolder = (folder: string): Promise<RuleBook | null> | RuleBook | null => {
    const known = byFolder.get(folder);
    if (known !== undefined) return known;
    const finding = nearest(folder);
    byFolder.set(folder, finding);
    // Whoever asks again need not wait.
    finding.then(
      (book) => void byFolder.set(folder, book),
      () => undefined,
    );
    return finding;
  };
  return (absolute) => inFolder(absolute.slice(0, Math.max(absolute.lastIndexOf(sep), 1)));
}

/** The top of the repository that a folder is in, which may be another than that of the working directory, or none. */
function topOf(folder: string, top: string | null): string | undefined {
  return top !== null && isWithin(folder, top) ? top : repositoryOf(folder);
}

async function openBook(configPath: string | undefined, host: Session): Promise<RuleBook | null> {
  const { config } = await openRun({ configPath }, host);
  return config && RuleBook.open(config, await namesOf(config, host), host);
}

async function bookOfBytes(bytes: Uint8Array, folder: string, host: Session): Promise<RuleBook> {
  const absolute = join(folder, CONFIG_NAME);
  const config = configOfBytes(bytes, { absolute, path: relative(host.cwd, absolute) });
  return RuleBook.open(config, await namesHeld(bytes), host);
}

async function namesHeld(bytes: Uint8Array): Promise<NameOf> {
  try {
    return await namesIn(configText(bytes));
  } catch {
    return () => undefined;
  }
}
