/** Patches of a kustomization: which objects they change. */

import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch, Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { branchAt, itemsOf, type Manifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import { manifestText, readManifests } from '../manifest/read.js';
import { textsOf } from './kustomization.js';
import { type BuildObject, describeId, idOf, type ObjectSet } from './object-set.js';
import { mergeSealed } from './patch-merge.js';
import { isInline } from './places.js';

export interface Patch {
  readonly field: string;
  /** As written; undefined for one that stands in the kustomization. */
  readonly path?: string | undefined;
  readonly text?: string | undefined;
  /** What it selects; absent: the objects that it names itself. */
  readonly target?: Branch | undefined;
}

/** A patch that changes values of an object that is still encrypted. */
export interface Touch {
  /** The file of the patch, as shown. */
  readonly file: string;
  readonly object: BuildObject;
  readonly fields: readonly string[];
}

/** The patches of a kustomization, or of the configuration of a transformer, in the order in which they are applied. */
export function patchesOf(root: Branch, transformer?: string): Patch[] {
  if (transformer !== undefined) {
    const paths = textsOf(valueAt(root, 'paths')).map((entry) => strategic(entry, transformer));
    const inline = stringAt(root, 'patches');
    const merges = inline === undefined ? [] : [{ field: transformer, text: inline }];
    return [...paths, ...merges, ...entryOf(root, transformer, 'jsonOp'), ...entryOf(root, transformer)];
  }
  return [
    ...textsOf(valueAt(root, 'patchesStrategicMerge')).map((entry) => strategic(entry, 'patchesStrategicMerge')),
    ...['patches', 'patchesJson6902'].flatMap((field) =>
      valuesOf(valueAt(root, field)).flatMap((entry) => entryOf(entry, field)),
    ),
  ];
}

function strategic(entry: string, field: string): Patch {
  return isInline(entry) ? { field, text: entry } : { field, path: entry };
}

function entryOf(entry: Value, field: string, content = 'patch'): Patch[] {
  const path = stringAt(entry, 'path') || undefined;
  const text = stringAt(entry, content);
  if (text === undefined && (path === undefined || content !== 'patch')) return [];
  return [{ field, path: text === undefined ? path : undefined, text, target: branchAt(entry, 'target') }];
}

/** What came of a patch. */
export interface Applied {
  readonly problems: string[];
  readonly touches: Touch[];
  /** Whether the patch is encrypted, and every object that it is for takes its ciphertext and its metadata. */
  readonly isMergedSealed: boolean;
}

/** What a patch does to the objects. Throws `document-invalid` for one that is not a patch. */
export function applyPatch(bytes: Uint8Array, patch: Patch, file: string, objects: ObjectSet): Applied {
  const operations = operatedFields(manifestText(bytes));
  if (operations) {
    const selected = patch.target ? selectedBy(patch.target, objects) : [];
    return {
      problems: [],
      touches: selected.flatMap((object) => touchOf(file, object, operations)),
      isMergedSealed: false,
    };
  }
  const problems: string[] = [];
  const touches: Touch[] = [];
  const merged: boolean[] = [];
  for (const manifest of readManifests(bytes, { file })) {
    const targets = patch.target ? selectedBy(patch.target, objects) : objects.matching(idOf(manifest));
    if (!patch.target && targets.length === 0 && objects.isComplete) {
      problems.push(`no object of the build is ${describeId(idOf(manifest))}, which the patch is for`);
    }
    if (stringAt(manifest.root, '$patch') === 'delete') {
      for (const object of targets) objects.remove(object);
      continue;
    }
    const fields = itemsOf(manifest.root).map(({ key }) => key);
    for (const object of targets) append(touches, touchOf(file, object, fields));
    if (!manifest.sops) continue;
    merged.push(targets.length > 0);
    for (const object of targets) merged.push(mergeSealed(object, manifest, file));
  }
  const isMergedSealed = merged.length > 0 && !merged.includes(false);
  if (patch.path === undefined && merged.includes(false) && touches.length === 0) {
    problems.push('holds a patch that is encrypted, and is applied as it is, to what cannot be decrypted with it');
  }
  return { problems, touches, isMergedSealed };
}

/** The fields at the top of an object that the operations of a JSON patch are for; undefined for a patch of another kind. */
function operatedFields(text: string): string[] | undefined {
  if (!/^\s*(?:#[^\n]*\n\s*)*(?:---\s*)?(?:\[|-\s)/.test(text)) return undefined;
  return [...text.matchAll(/["']?path["']?[ \t]*:[ \t]*["']?\/([^/"'\s,}]+)/g)].map(([, field = '']) => field);
}

function selectedBy(target: Branch, { objects }: ObjectSet): BuildObject[] {
  return objects.filter(({ id }) =>
    (['group', 'version', 'kind', 'name', 'namespace'] as const).every((field) => {
      const wanted = stringAt(target, field);
      // Expressions are left open: what they may select counts as selected.
      return !wanted || !/^[\w.-]+$/.test(wanted) || wanted.includes('.') || id[field] === wanted;
    }),
  );
}

/** Values that are encrypted must come out of the build as they went in. */
function touchOf(file: string, object: BuildObject, fields: readonly string[]): Touch[] {
  const { manifest } = object.merged ?? object;
  if (!manifest?.sops) return [];
  const sealed = fields.filter((field) => VALUES.has(field) || holdsCiphertext(manifest, field));
  return sealed.length > 0 ? [{ file, object, fields: sealed }] : [];
}

const VALUES: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData', 'sops']);

function holdsCiphertext({ root }: Manifest, field: string): boolean {
  const value = valueAt(root, field);
  if (!value) return false;
  for (const { node } of leaves([value])) {
    if (typeof node.value === 'string' && looksEncrypted(node.value)) return true;
  }
  return false;
}
