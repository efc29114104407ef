/** Decrypting what a build has put out, by the rules of Flux's controller (docs/kubernetes/flux.md#after-the-build). */
import { SopsError } from '../../errors.js';
import { canonicalStyle, printJson } from '../../formats/json/write.js';
import { readAs } from '../../formats/recognise.js';
import type { FormatName } from '../../formats/registry.js';
import { FORMATS, formatNamed } from '../../formats/registry.js';
import { bytesOf } from '../../formats/store.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { openFile, plainText } from '../../operations/read/open-file.js';
import type { AuditTrail } from '../../run/audit-trail.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import { checkDecrypted } from '../manifest/decrypted-check.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt, withEntry } from '../manifest/manifest.js';
import { decodeDataValue } from '../manifest/secret.js';
import { fluxFormatOf } from './flux-formats.js';

export interface BuiltRules {
  readonly keyServices: readonly KeyService[];
  readonly trail: AuditTrail;
  /** Whether the MAC of objects is not looked at: a build cannot keep it. */
  readonly skipMac: boolean;
  /** Whether Flux's annotation leaves an object as it is. */
  readonly heedsAnnotation: boolean;
}

/** Larger files are left alone, as Flux does. */
export const MOST_BYTES = 5 * 1024 * 1024;

/** The annotation that, with the value `disabled`, leaves an object to others. */
export const DISABLING = 'kustomize.toolkit.fluxcd.io/decrypt';

/**
 * An object decrypted: as a whole if it has metadata, else the encrypted files in a Secret's `data`. Throws what opening throws, with
 * the object named, and `leaf-not-decryptable` when something in it would stay encrypted.
 */
export async function decryptBuilt(manifest: Manifest, rules: BuiltRules): Promise<Manifest> {
  if (rules.heedsAnnotation && isDisabled(manifest.root)) return manifest;
  const decrypted = manifest.sops ? await decryptWhole(manifest, rules) : await decryptData(manifest, rules);
  checkDecrypted(decrypted);
  return decrypted;
}

/** Whether an object is to be left as it is. */
export function isDisabled(root: Branch): boolean {
  return stringAt(root, 'metadata', 'annotations', DISABLING)?.toLowerCase() === 'disabled';
}

/** Places of values do not count the sorting of keys, so each value authenticates; the MAC over all does not. */
async function decryptWhole(manifest: Manifest, rules: BuiltRules): Promise<Manifest> {
  const { root, sops } = manifest;
  const sealed = branch([...root.items, item('sops', sops ?? branch())]);
  const text = printJson(sealed, canonicalStyle());
  try {
    const read = await readAs(Buffer.from(text), formatNamed('json'));
    const { file } = await openFile(read, { ...rules, ignoreMac: rules.skipMac, rewrites: false });
    return { ...manifest, root: file.documents[0] ?? branch(), sops: undefined, text: '' };
  } catch (error) {
    throw named(error, manifest, describe(manifest));
  }
}

async function decryptData(manifest: Manifest, rules: BuiltRules): Promise<Manifest> {
  const data = branchAt(manifest.root, 'data');
  if (stringAt(manifest.root, 'kind') !== 'Secret' || !data) return manifest;
  let made = data;
  for (const { key, value } of itemsOf(data)) {
    const bytes = value.kind === 'leaf' && typeof value.value === 'string' ? decodeDataValue(value.value) : null;
    const format = bytes && formatOfMarker(bytes, key);
    if (!format) continue;
    const plain = await decryptFileIn(bytes, { format, key, rules }).catch((error: unknown) => {
      throw named(error, manifest, `${describe(manifest)}: data.${key}`);
    });
    made = withEntry(made, key, leaf(Buffer.from(plain).toString('base64')));
  }
  return made === data ? manifest : { ...manifest, root: withEntry(manifest.root, 'data', made) };
}

/** The format that an encrypted file has; undefined when it is not one. JSON and binary files look the same: the key decides. */
export function formatOfMarker(bytes: Buffer, key: string): FormatName | undefined {
  const text = bytes.toString('latin1');
  // One that others read, too, is asked for first.
  const rows = [...FORMATS].sort((one, other) => (other.alsoReadBy ? 1 : 0) - (one.alsoReadBy ? 1 : 0));
  const found = rows.find(({ marker }) => marker?.test(text))?.name;
  const { name, container } = formatNamed(fluxFormatOf(key));
  return found !== undefined && found === container ? name : found;
}

interface NestedFile {
  readonly format: FormatName;
  readonly key: string;
  readonly rules: BuiltRules;
}

/** A file within a Secret is whole, so its MAC is looked at unless told otherwise. It comes out in the format of its key. */
async function decryptFileIn(bytes: Buffer, { format, key, rules }: NestedFile): Promise<Uint8Array> {
  const printer = await formatNamed(fluxFormatOf(key)).load();
  const opened = await openFile(await readAs(bytes, formatNamed(format)), {
    ...rules,
    ignoreMac: rules.skipMac,
    rewrites: false,
  });
  const text = printer === opened.store ? plainText(opened) : printer.emit(opened.file.documents, null);
  return bytesOf(opened.file, text);
}

function named(error: unknown, { origin }: Manifest, what: string): unknown {
  if (!(error instanceof SopsError)) return error;
  const { file } = origin;
  const details = { path: error.path ?? [], ...(file === undefined ? {} : { file }), cause: error };
  if (error.code === 'mac-mismatch') {
    return new SopsError(
      'mac-mismatch',
      `${what}: the MAC does not fit, and cannot after a build, which renames and sorts`,
      {
        ...details,
        hint: 'Each value was authenticated with its key. Go on with --mac skip, or list the file in a generator, where the MAC is checked.',
      },
    );
  }
  return new SopsError(error.code, `${what}: ${error.message}`, {
    ...details,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}
