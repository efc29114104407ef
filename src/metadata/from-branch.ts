/** From the `sops` branch of a file to its metadata (docs/format.md#metadata-fields, docs/format.md#reading-odd-metadata). */
import { SopsError } from '../errors.js';
import type { KeyFields, KeyGroup, MasterKey } from '../keys/provider.js';
import { type KeyTypeRow, keyTypes } from '../keys/registry.js';
import type { Branch } from '../tree/tree.js';
import { parseRfc3339 } from '../util/text/rfc3339.js';
import { FieldReader } from './field-reader.js';
import { LAYOUT_FIELD, type Metadata, SELECTION_OPTIONS, type SelectionRule } from './metadata.js';

/** Three numbers, with pre-release and build parts, an optional `v`; SOPS 1 wrote `1.` and a single number. */
const VERSION =
  /^1\.|^v?(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Reads the metadata of a file, as `SourceFile.metadata` holds it; null or an empty branch stands for a file without any.
 * Throws `metadata-invalid` when there is none (`sops metadata not found`) or it cannot be understood.
 */
export function metadataFromBranch(branch: Branch | null): Metadata {
  if (!branch || branch.items.length === 0) {
    throw new SopsError('metadata-invalid', 'sops metadata not found', { hint: 'The file is not encrypted.' });
  }
  const fields = new FieldReader(branch);
  const layout = fields.text(LAYOUT_FIELD);
  return {
    keyGroups: keyGroupsOf(fields),
    shamirThreshold: fields.integer('shamir_threshold'),
    lastModified: timeOf(fields, 'lastmodified'),
    mac: fields.text('mac'),
    macOnlyEncrypted: fields.flag('mac_only_encrypted'),
    selection: selectionOf(fields),
    version: versionOf(fields),
    ...(layout === '' ? {} : { layout }),
  };
}

/** The groups; lists at the top are the only group and win over `key_groups`. */
function keyGroupsOf(fields: FieldReader): KeyGroup[] {
  const direct = groupOf(fields);
  if (direct.length > 0) return [direct];
  const groups = fields.maps('key_groups').map(groupOf);
  if (groups.length === 0) throw new SopsError('metadata-invalid', 'No keys found in file');
  return groups;
}

/** The keys of all types in the registry's order; the order between the types is not in the file. */
function groupOf(fields: FieldReader): KeyGroup {
  return keyTypes().flatMap((row) => fields.maps(row.type).map((entry) => keyOf(row, entry)));
}

function keyOf(row: KeyTypeRow, entry: FieldReader): MasterKey {
  const fields = new Map<string, KeyFields extends ReadonlyMap<string, infer Field> ? Field : never>();
  for (const { name, shape } of row.fields) {
    const value = shape === 'map?' ? entry.texts(name) : entry.text(name);
    if (value !== undefined && (shape === 'text' || value !== '')) fields.set(name, value);
  }
  const key: MasterKey = { type: row.type, fields, enc: entry.text('enc') };
  if (row.dated) key.createdAt = timeOf(entry, 'created_at');
  return key;
}

function selectionOf(fields: FieldReader): SelectionRule | null {
  const rules = SELECTION_OPTIONS.map((option) => ({ option, text: fields.text(option) }));
  const [selection = null, another] = rules.filter(({ text }) => text !== '');
  if (another) {
    throw new SopsError(
      'metadata-invalid',
      'Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
    );
  }
  return selection;
}

function timeOf(fields: FieldReader, name: string): string {
  const text = fields.text(name);
  if (parseRfc3339(text)) return text;
  throw fields.invalid(name, `is no time: parsing time ${JSON.stringify(text.slice(0, 40))} as RFC 3339 failed`);
}

function versionOf(fields: FieldReader): string {
  const version = fields.text('version');
  if (VERSION.test(version)) return version;
  throw fields.invalid('version', version === '' ? 'is missing or empty' : 'does not consist of three numbers');
}
