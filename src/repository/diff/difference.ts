/** The difference between two versions of a file: values, comments, who gained and lost access, and how it is encrypted. */
import { namesRecipient } from '../../config/recipient.js';
import type { NameOf } from '../../config/recipient-names.js';
import type { SopsError } from '../../errors.js';
import { DEFAULT_SELECTION, type Metadata } from '../../metadata/metadata.js';
import { compareRecipients } from '../../operations/key-changes.js';
import type { ComparedVersion } from './open-version.js';
import { compareTrees, isOpen, type TreeChange } from './tree-diff.js';

/** A recipient with a name, if there is one. */
export interface NamedReader {
  readonly recipient: string;
  readonly name: string | undefined;
}

/** A setting of the encryption, before and after. */
export interface SettingChange {
  readonly setting: 'encryption' | 'threshold' | 'groups' | 'selection' | 'mac_only_encrypted';
  readonly before: string;
  readonly after: string;
}

export interface FileDifference {
  readonly before: Pick<ComparedVersion, 'name'>;
  readonly after: Pick<ComparedVersion, 'name'>;
  /** Whether there is a file on both sides, or on which one only. */
  readonly file: 'both' | 'added' | 'removed';
  readonly changes: readonly TreeChange[];
  readonly gained: readonly NamedReader[];
  readonly lost: readonly NamedReader[];
  readonly settings: readonly SettingChange[];
  /** Whether both versions have one data key; `unknown` where one is not encrypted, or no key tells. */
  readonly dataKey: 'same' | 'new' | 'unknown';
  /** Why a version could not be opened: then values are compared by ciphertext. */
  readonly problems: readonly SopsError[];
  /** Whether values could be compared by ciphertext only. */
  readonly byCiphertext: boolean;
}

/** Whether anything differs; null where only a key could tell. */
export function differs(difference: FileDifference): boolean | null {
  const { file, changes, gained, lost, settings } = difference;
  if (file !== 'both' || gained.length + lost.length + settings.length > 0) return true;
  if (changes.some(({ kind }) => kind !== 'ciphertext')) return true;
  return changes.length > 0 ? null : false;
}

/** Compares two versions that were opened as far as they can be. */
export async function compareVersions(
  before: ComparedVersion,
  after: ComparedVersion,
  nameOf: NameOf,
): Promise<FileDifference> {
  const old = recipientsIn(before.metadata);
  const now = recipientsIn(after.metadata);
  const bothSealed = before.metadata !== null && after.metadata !== null;
  const change = await compareRecipients(old, now);
  const had = change.groups.flatMap(({ kept, removed }) => [...kept, ...removed]);
  const have = change.groups.flatMap(({ kept, added }) => [...kept, ...added]);
  const without = (all: readonly string[], others: readonly string[]): NamedReader[] =>
    [...new Set(all)]
      .filter((one) => !others.some((other) => namesRecipient(other, one) || namesRecipient(one, other)))
      .map((recipient) => ({ recipient, name: nameOf(recipient) ?? remark(recipient) }));
  return {
    before,
    after,
    file: before.bytes === null ? 'added' : after.bytes === null ? 'removed' : 'both',
    changes: compareTrees(before, after),
    gained: without(have, had),
    lost: without(had, have),
    settings: bothSealed
      ? settingChanges(before.metadata, after.metadata, isMoved(change.groups))
      : encryptionChange(before, after),
    dataKey: dataKeyChange(before, after),
    problems: [before.problem, after.problem].filter((problem) => problem !== undefined),
    byCiphertext: !isOpen(before) || !isOpen(after),
  };
}

function recipientsIn(metadata: Metadata | null): Pick<Metadata, 'keyGroups' | 'shamirThreshold'> {
  return metadata ?? { keyGroups: [], shamirThreshold: 0 };
}

/** Whether somebody is in other groups than before, though in some before and after. */
function isMoved(
  groups: readonly { readonly added: readonly string[]; readonly removed: readonly string[] }[],
): boolean {
  const removed = new Set(groups.flatMap((group) => group.removed));
  return groups.some(({ added }) => added.some((one) => removed.has(one)));
}

function encryptionChange(before: ComparedVersion, after: ComparedVersion): SettingChange[] {
  if (before.bytes === null || after.bytes === null) return [];
  if (before.metadata === null && after.metadata === null) return [];
  const word = ({ metadata }: ComparedVersion): string => (metadata ? 'encrypted' : 'not encrypted');
  return [{ setting: 'encryption', before: word(before), after: word(after) }];
}

function settingChanges(before: Metadata, after: Metadata, moved: boolean): SettingChange[] {
  const rows: readonly [SettingChange['setting'], (of: Metadata) => string][] = [
    ['threshold', needed],
    ['groups', ({ keyGroups }) => String(keyGroups.length)],
    ['selection', selected],
    ['mac_only_encrypted', ({ macOnlyEncrypted }) => String(macOnlyEncrypted)],
  ];
  const changes = rows.flatMap(([setting, textOf]): SettingChange[] => {
    const [old, now] = [textOf(before), textOf(after)];
    return old === now ? [] : [{ setting, before: old, after: now }];
  });
  const isTold = changes.some(({ setting }) => setting === 'groups');
  return moved && !isTold
    ? [...changes, { setting: 'groups', before: 'as they were', after: 'with others in them' }]
    : changes;
}

/** How many groups are needed. */
function needed({ keyGroups, shamirThreshold }: Metadata): string {
  return keyGroups.length > 1 ? String(shamirThreshold || keyGroups.length) : '1';
}

function selected({ selection }: Metadata): string {
  const { option, text } = selection ?? DEFAULT_SELECTION;
  return `${option} ${text}`;
}

/** Two versions that share a ciphertext or a wrapped key have one data key: both are made with random bytes. */
function dataKeyChange(before: ComparedVersion, after: ComparedVersion): FileDifference['dataKey'] {
  if (!before.metadata || !after.metadata) return 'unknown';
  if (before.dataKey && after.dataKey) {
    return Buffer.compare(before.dataKey.bytes, after.dataKey.bytes) === 0 ? 'same' : 'new';
  }
  const marks = (of: ComparedVersion): string[] => [
    ...of.sealed.values(),
    ...(of.metadata?.keyGroups.flat().map(({ enc }) => enc.trim()) ?? []),
  ];
  const old = new Set(marks(before));
  return marks(after).some((mark) => mark !== '' && old.has(mark)) ? 'same' : 'unknown';
}

/** What stands after the key in an SSH recipient. */
function remark(recipient: string): string | undefined {
  return recipient.startsWith('ssh-') ? recipient.trim().split(/\s+/).slice(2).join(' ') || undefined : undefined;
}
