/** The lines of attributes: for which files git is to call sops-ts. */
import { relative, sep } from 'node:path';
import { configText } from '../config/config-text.js';
import { readConfigDocument } from '../config/document.js';
import { CONFIG_NAME } from '../config/find.js';
import { parseConfig } from '../config/parse.js';
import { SopsError } from '../errors.js';
import { fieldsOf, listFiles } from '../exec/git/places.js';
import { git } from '../exec/git/run-git.js';
import { encryptedAmong } from '../repository/encrypted.js';
import { findFiles } from '../repository/operands.js';
import { readFileSync } from '../util/files/fs.js';
import type { Session } from '../util/host/host.js';
import { isError } from '../util/realms.js';
import { encodeText } from '../util/text/text.js';
import { DRIVER } from './driver-settings.js';
import { patternField, patternOfFile, patternsFor } from './path-patterns.js';

const ATTRIBUTES = `merge=${DRIVER} diff=${DRIVER}`;

/** For the user's own settings, which know no rules: names that rules usually mean. */
export const USUAL_PATTERNS = ['*.enc.*', '*.sops.*', '*.secret.*', '**/secrets/**'] as const;

/** A line for a pattern. */
export function attributeLine(pattern: string): string {
  return `${patternField(pattern)} ${ATTRIBUTES}`;
}

export interface RulePatterns {
  readonly patterns: readonly string[];
  /** Rules that patterns cannot say, or that are for every file; as messages call them. */
  readonly unsaid: readonly string[];
}

/** The patterns of all rules of a work tree. Throws `config` for a configuration that cannot be read. */
export async function rulePatterns(top: string, host: Session): Promise<RulePatterns> {
  const { files } = await listFiles(top, host);
  const configs = files.filter((path) => path === CONFIG_NAME || path.endsWith(`/${CONFIG_NAME}`));
  const patterns = new Set<string>();
  const unsaid: string[] = [];
  for (const path of configs.sort()) {
    const folder = path.slice(0, -CONFIG_NAME.length).replace(/\/$/, '');
    for (const { name, pathRegex } of rulesIn(path, top)) {
      const found = isForAll(pathRegex) ? null : patternsFor(pathRegex, folder);
      if (found === null) unsaid.push(name);
      for (const pattern of found ?? []) patterns.add(pattern);
    }
  }
  return { patterns: [...patterns], unsaid };
}

/** Calling a program for every file of a repository would make its history slow for nothing. */
function isForAll(pathRegex: string): boolean {
  return /^\^?(?:\.\*)?\$?$/.test(pathRegex);
}

function rulesIn(path: string, top: string): readonly { name: string; pathRegex: string }[] {
  try {
    const document = readConfigDocument(configText(readFileSync(`${top}/${path}`)));
    return parseConfig({ document, path, folder: top }).creationRules ?? [];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const reason = isError(cause) ? cause.message : '';
    throw new SopsError('config', `${path} cannot be read: ${reason}`, { file: path, cause });
  }
}

/** The encrypted files of a work tree, by their paths from the top with `/`; those that are broken are among them. */
export async function encryptedPaths(top: string, host: Session): Promise<string[]> {
  const { files } = await findFiles([top], host);
  const paths: string[] = [];
  for await (const { file, encrypted } of encryptedAmong(files, top)) {
    const isUnread = encrypted instanceof SopsError && encrypted.code === 'input-unreadable';
    if (encrypted !== null && !isUnread) paths.push(relative(top, file.absolute).replaceAll(sep, '/'));
  }
  return paths;
}

/** What git makes of the attributes of a file. */
export interface FileAttributes {
  readonly path: string;
  readonly isMerged: boolean;
  readonly isShown: boolean;
  /** Another program that stands between the file and the index, such as `lfs`. */
  readonly filter: string | undefined;
}

/** Asks git for the attributes of files, all at once. */
export async function attributesOf(paths: readonly string[], top: string, host: Session): Promise<FileAttributes[]> {
  if (paths.length === 0) return [];
  const input = encodeText(paths.map((path) => `${path}\0`).join(''));
  const args = ['check-attr', '-z', '--stdin', 'merge', 'diff', 'filter'];
  const fields = fieldsOf(await git(args, host, { cwd: top, input }));
  const values = new Map<string, Map<string, string>>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
    values.set(path, (values.get(path) ?? new Map<string, string>()).set(name, value));
  }
  return paths.map((path) => {
    const of = values.get(path);
    const filter = of?.get('filter');
    return {
      path,
      isMerged: of?.get('merge') === DRIVER,
      isShown: of?.get('diff') === DRIVER,
      filter: filter === 'unspecified' || filter === 'unset' ? undefined : filter,
    };
  });
}

/** Lines for files that the patterns leave out. */
export function fileLines(paths: readonly string[]): string[] {
  return paths.map((path) => attributeLine(patternOfFile(path)));
}
