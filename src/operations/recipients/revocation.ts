/** What revoking a recipient comes to, found out before anything is changed. */

import { basename, relative, sep } from 'node:path';
import { withoutRecipients } from '../../config/edit-config.js';
import { CONFIG_NAME } from '../../config/find.js';
import type { Config } from '../../config/model.js';
import { namesRecipient } from '../../config/recipient.js';
import { type NameOf, namesOf } from '../../config/recipient-names.js';
import { isKeyOrKeys, recipientsOf } from '../../config/recipients-of.js';
import { readTreeAt, type TreeAsRead } from '../../config/tree-as-read.js';
import { SopsError } from '../../errors.js';
import type { KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { openRun, type Run } from '../../run/run.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { withProgress } from '../../util/host/item-progress.js';
import { oneLine } from '../../util/text/one-line.js';
import { type EncryptedValues, encryptedValues, filesBelow, readEncrypted } from '../read/encrypted-files.js';

export interface RevocationRequest {
  /** The recipient, or the name of an anchor in `.sops.yaml` that stands before it. */
  readonly who: string;
  /** Where files are looked for; undefined for the folder of the configuration. */
  readonly folder?: string | undefined;
  readonly configPath?: string | undefined;
}

/** All paths are as seen from the working directory. */
export interface Revocation {
  readonly recipients: readonly string[];
  readonly nameOf: NameOf;
  readonly isUnwanted: (recipient: string) => boolean;
  /** With the configuration in force, if there is one. */
  readonly run: Run;
  /** The configurations that name a recipient, and their new texts. */
  readonly configs: readonly ChangedConfig[];
  readonly files: readonly AffectedFile[];
  /** Why files that may be encrypted could not be looked into. */
  readonly problems: readonly SopsError[];
}

/** A configuration that names a recipient. */
export interface ChangedConfig {
  readonly path: string;
  /** What it is to become. */
  readonly text: string;
  /** What it was made from. */
  readonly read: Uint8Array;
}

/** A file that names a recipient. */
export interface AffectedFile {
  readonly path: string;
  /** What the recipient could read. */
  readonly readable: EncryptedValues;
  readonly keyGroups: readonly KeyGroup[];
  /** Key groups needed to read it; up to 1 means that the recipient alone could. */
  readonly shamirThreshold: number;
}

/**
 * Finds out whom a name stands for, which configurations and files name them, and what these are to become. Throws `config` when
 * nobody is named, or when a rule would be left without recipients.
 */
export async function planRevocation(request: RevocationRequest, host: Session): Promise<Revocation> {
  const start = request.folder === undefined ? host.cwd : resolve(host.cwd, request.folder);
  const run = await openRun({ ...request, filePath: resolve(start, CONFIG_NAME) }, host);
  const { config } = run;
  const folder = request.folder === undefined ? (config?.folder ?? host.cwd) : start;
  const paths: string[] = [];
  for await (const path of filesBelow(folder, { sweepsFor: host })) paths.push(path);
  const trees = await configTrees(config, paths, host);
  const recipients = recipientsCalled(request.who, trees);
  const isUnwanted = (text: string): boolean => recipients.some((recipient) => namesRecipient(text, recipient));
  checkNotFiled(config, isUnwanted);
  const configs: ChangedConfig[] = [];
  for (const [path, read] of trees) {
    const config = await withoutUnwanted(path, read, isUnwanted);
    if (config !== null) configs.push(config);
  }
  const candidates = paths.filter((path) => basename(path) !== CONFIG_NAME);
  const { files, problems } = await affectedFiles(candidates, isUnwanted, host);
  if (configs.length + files.length === 0) throw nobody(request.who, relative(host.cwd, folder) || '.');
  if (config && !`${config.folder}${sep}`.startsWith(`${folder}${sep}`)) {
    host.warn(
      `files outside ${relative(host.cwd, folder)} are not looked at, though ${config.path} is for them as well`,
    );
  }
  const nameOf = await namesOf(config, host);
  return { recipients, nameOf, isUnwanted, run, configs, files, problems };
}

/** Files of recipients are the user's own to change: others may use them. Throws `config`. */
function checkNotFiled(config: Config | null, isUnwanted: Revocation['isUnwanted']): void {
  const file = config?.recipientsFiles.find(({ texts }) => texts.some(isUnwanted));
  if (!file) return;
  throw new SopsError('config', `the recipient stands in ${file.path}, which ${config?.path} names`, {
    hint: 'Nothing was changed. Take the line out there, then run this again with the recipient itself.',
  });
}

async function withoutUnwanted(
  path: string,
  { tree, bytes: read }: TreeAsRead,
  isUnwanted: Revocation['isUnwanted'],
): Promise<ChangedConfig | null> {
  const text = await withoutRecipients(tree, { path, isUnwanted });
  return text === null ? null : { path, text, read };
}

/** What a configuration is to become as it stands now; null when it names no unwanted recipient. Throws `config`. */
export async function configWithout(
  path: string,
  isUnwanted: Revocation['isUnwanted'],
  host: Host,
): Promise<ChangedConfig | null> {
  return withoutUnwanted(path, await readTreeAt(resolve(host.cwd, path), path), isUnwanted);
}

/** The configuration in force and those below the folder, by path. */
async function configTrees(
  config: Config | null,
  paths: readonly string[],
  host: Host,
): Promise<Map<string, TreeAsRead>> {
  const own = config ? [resolve(host.cwd, config.path)] : [];
  const trees = new Map<string, TreeAsRead>();
  for (const path of new Set([...own, ...paths.filter((found) => basename(found) === CONFIG_NAME)])) {
    const shown = relative(host.cwd, path);
    trees.set(shown, await readTreeAt(resolve(host.cwd, shown), shown));
  }
  return trees;
}

/** Those for whom an anchor stands; without one the text is the recipient. Throws `config` for an anchor of something else. */
function recipientsCalled(who: string, trees: ReadonlyMap<string, TreeAsRead>): string[] {
  const named: string[] = [];
  for (const [path, { tree }] of trees) {
    for (const value of tree.anchors.get(who) ?? []) {
      if (!isKeyOrKeys(value, tree)) {
        throw new SopsError('config', `the anchor ${JSON.stringify(who)} of ${path} stands for more than keys`, {
          hint: 'Name a recipient itself.',
        });
      }
      for (const recipient of recipientsOf(value, tree)) named.push(recipient);
    }
  }
  return named.length > 0 ? [...new Set(named)] : [who.trim()];
}

async function affectedFiles(
  paths: readonly string[],
  isUnwanted: (recipient: string) => boolean,
  host: Host,
): Promise<Pick<Revocation, 'files' | 'problems'>> {
  const files: AffectedFile[] = [];
  const problems: SopsError[] = [];
  for (const path of withProgress(paths, 'looking at file', host)) {
    const shown = relative(host.cwd, path);
    try {
      const found = await readEncrypted(path);
      if (!found) continue;
      const { keyGroups, shamirThreshold } = metadataFromBranch(found.file.metadata);
      const keyStrings = await Promise.all(keyGroups.flat().map(keyStringOf));
      if (!keyStrings.some(isUnwanted)) continue;
      files.push({ path: shown, readable: encryptedValues(found), keyGroups, shamirThreshold });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      problems.push(error.with('failed', { file: shown }));
    }
  }
  return { files, problems };
}

function nobody(who: string, folder: string): SopsError {
  const name = JSON.stringify(who);
  return new SopsError(
    'config',
    `${name} is nobody: no anchor of .sops.yaml, and no recipient there or of a file below ${oneLine(folder)}`,
    {
      hint: 'Names are those of YAML anchors: keys: [&alice age1…].',
    },
  );
}
