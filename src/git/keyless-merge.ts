/** The one merge that needs no key: values of one side and recipients of both, where both sides provably have the same data key. */
import { looksEncrypted } from '../cipher/encrypted-value.js';
import { editedBytes, type SourceFile } from '../formats/store.js';
import type { Metadata } from '../metadata/metadata.js';
import { metadataToBranch } from '../metadata/to-branch.js';
import { frameOf, holdsMetadata } from '../operations/write/reseal-file.js';
import { notReadable, parseBack } from '../operations/write/seal-file.js';
import { sameTree } from '../tree/equality.js';
import { leaves } from '../tree/leaves.js';
import type { Branch } from '../tree/tree.js';
import { idsOf, keyGroupsWith, mergeRecipients, rosterOf } from './merge/recipients-merge.js';
import type { ReadVersions } from './open-versions.js';
import type { ReadSide } from './side.js';

/** A version that is encrypted. */
interface Sealed extends ReadSide {
  readonly metadata: Metadata;
}

export interface KeylessMerge {
  readonly bytes: Uint8Array;
  readonly recipients: readonly string[];
}

/**
 * Merges versions, read anew and not opened, of which one side changed nothing but who may read the file. Null where a key is needed: both sides changed
 * values, somebody was taken out (that takes a new data key), or nothing proves that the data key is one.
 */
export async function mergeWithoutKey({ base, ours, theirs }: ReadVersions): Promise<KeylessMerge | null> {
  if (!isSealed(base) || !isSealed(ours) || !isSealed(theirs)) return null;
  if (base.store !== ours.store || base.store !== theirs.store) return null;
  const host = hasSameContent(base, theirs) ? ours : hasSameContent(base, ours) ? theirs : null;
  if (!host || !(hasSameContent(base, host) || sharesCiphertext(base.file, host.file))) return null;
  const rosters = {
    base: await rosterOf(base.metadata),
    ours: await rosterOf(ours.metadata),
    theirs: await rosterOf(theirs.metadata),
  };
  const thresholds = {
    base: base.metadata.shamirThreshold,
    ours: ours.metadata.shamirThreshold,
    theirs: theirs.metadata.shamirThreshold,
  };
  const merged = mergeRecipients({ rosters, thresholds });
  if (typeof merged === 'string' || merged.groups.length !== 1 || merged.isRestructured) return null;
  const ids = new Set(merged.groups.flatMap((group) => group.map(({ id }) => id)));
  const isKept = Object.values(rosters).every((roster) => [...idsOf(roster)].every((id) => ids.has(id)));
  const { keyGroups, missing } = keyGroupsWith(merged, ['ours', 'theirs', 'base']);
  if (!isKept || missing.length > 0) return null;
  const bytes = withMetadata(host, metadataToBranch({ ...host.metadata, keyGroups }));
  return bytes && { bytes, recipients: [...ids] };
}

function isSealed(side: ReadSide | null): side is Sealed {
  return side?.metadata !== null && side?.metadata !== undefined;
}

/** Whether two versions differ in their recipients at most. */
function hasSameContent(one: Sealed, other: Sealed): boolean {
  const [left, right] = [one, other].map(({ metadata }) =>
    metadataToBranch({ ...metadata, keyGroups: [[]], shamirThreshold: 0 }),
  );
  if (!left || !right || !sameTree([left], [right])) return false;
  return sameTree(one.file.documents, other.file.documents);
}

/** The same ciphertext, tag and all, comes from the same data key. */
function sharesCiphertext(one: SourceFile, other: SourceFile): boolean {
  const known = new Set(ciphertextsIn(one));
  return ciphertextsIn(other).some((text) => known.has(text));
}

function ciphertextsIn({ documents }: SourceFile): string[] {
  const found: string[] = [];
  for (const { node } of leaves(documents)) {
    if (typeof node.value === 'string' && looksEncrypted(node.value)) found.push(node.value);
  }
  return found;
}

/** Null where the text would be printed anew: the layout of the plaintext is made for the one that it has, and another takes a key. */
function withMetadata({ file, store }: Sealed, metadata: Branch): Uint8Array | null {
  const bytes = editedBytes(file, file.edits(metadata));
  const again = parseBack(store, bytes);
  if (frameOf(again) !== frameOf(file)) return null;
  if (sameTree(again.documents, file.documents) && holdsMetadata(again, metadata)) return bytes;
  throw notReadable('it does not hold the values of one side and the recipients of both');
}
