/** `edit --show-master-keys`: the `sops` branch shown below the plaintext, and what was changed there put into force. */

import { wrapDataKey } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import { applyEdits, encodedBytes, type FormatStore, type SourceFile } from '../../formats/store.js';
import type { KeyGroup } from '../../keys/provider.js';
import { type KeyService, keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { metadataToBranch } from '../../metadata/to-branch.js';
import { itemOf } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { withoutKeys } from '../key-changes.js';
import type { OpenedFile } from '../read/open-file.js';
import { FORMAT_VERSION } from './encrypt.js';
import { parsePlainText } from './seal-text.js';

/** The plaintext with the metadata below it, but for what sealing makes anew. */
export function shownText(opened: OpenedFile, plain: string): string {
  const { metadata } = opened;
  const { layout, ...shown } = metadata;
  const file = parsePlainText(opened, plain);
  return applyEdits(file.text, file.edits(metadataToBranch(shown), { textStays: true }));
}

/** The plaintext and the metadata of an edited text. Throws as the store does, and `metadata-invalid`, `edit-version`. */
export function takenApart(opened: OpenedFile, text: string): { plain: string; metadata: Metadata } {
  const { store } = opened;
  const file = parseShown(store, encodedBytes(opened.file, text));
  const version = file.metadata ? itemOf(file.metadata, 'version')?.value : undefined;
  if (version?.kind === 'leaf' && !/^\d+\.\d+\.\d+/.test(String(version.value))) {
    throw new SopsError('edit-version', 'the version in the metadata is not a version, such as 3.13.2');
  }
  return { plain: applyEdits(file.text, file.edits(null)), metadata: metadataFromBranch(file.metadata) };
}

/** Reads plaintext with metadata below it, which is to be encrypted. Throws as the store does for a text without. */
function parseShown(store: FormatStore, bytes: Uint8Array): SourceFile {
  try {
    return store.parse(bytes);
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'leaf-not-decryptable') throw error;
    throw new SopsError('leaf-not-encryptable', error.message.replace(/^(?:Error \w+ tree: )+/, ''));
  }
}

/**
 * An open file under changed metadata: recipients, threshold, selection rule and version are taken over. For other
 * recipients the data key is wrapped anew; who is taken out may know it still. `check` is asked about those that stay
 * before that. Throws as `wrapDataKey` does, and what `check` throws.
 */
export async function changedMetadata(
  opened: OpenedFile,
  { keyGroups, shamirThreshold, macOnlyEncrypted, selection, version }: Metadata,
  keyServices: readonly KeyService[],
  check: (kept: readonly KeyGroup[]) => Promise<void>,
): Promise<OpenedFile> {
  const old = opened.metadata;
  const before = await namesOf(old.keyGroups);
  const after = await namesOf(keyGroups);
  const isSame = JSON.stringify(before) === JSON.stringify(after) && shamirThreshold === old.shamirThreshold;
  // What was typed in is the user's own word.
  const isOld = (name: string): boolean => before.flat().includes(name);
  if (!isSame) await check((await withoutKeys(keyGroups, (name) => !isOld(name))).groups);
  const threshold = isSame
    ? shamirThreshold
    : await wrapDataKey(opened.dataKey, { keyGroups, shamirThreshold }, keyServices);
  const removed = before.flat().filter((name) => !after.flat().includes(name));
  const warnings = removed.map(
    (name) => `${name} is not a recipient any more but may know the data key: rotate makes a new one`,
  );
  append(opened.warnings, warnings);
  const scope = await scopeOf(selection, 'encrypt');
  const metadata = { ...old, keyGroups: isSame ? old.keyGroups : keyGroups, shamirThreshold: threshold };
  return { ...opened, scope, metadata: { ...metadata, macOnlyEncrypted, selection, version } };
}

/** A file that is written by now, if its version is older. Of the commands only `edit` does that, in SOPS too. */
export function broughtForward<T extends { readonly metadata: Metadata }>(opened: T): T {
  const { metadata } = opened;
  return isOlder(metadata.version, FORMAT_VERSION)
    ? { ...opened, metadata: { ...metadata, version: FORMAT_VERSION } }
    : opened;
}

function isOlder(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  const at = [0, 1, 2].find((place) => one?.[place] !== other?.[place]);
  return at !== undefined && (one?.[at] ?? 0) < (other?.[at] ?? 0);
}

function namesOf(groups: readonly KeyGroup[]): Promise<string[][]> {
  return Promise.all(groups.map((group) => Promise.all(group.map(keyStringOf))));
}
