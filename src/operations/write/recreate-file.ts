/** Encrypting an open file anew for where it is published to: the `recreation_rule` (docs/publish.md#what-is-sent). */
import { Cipher } from '../../cipher/cipher.js';
import type { CreationRule } from '../../config/model.js';
import { fileOptionsFor } from '../../config/selection.js';
import { createDataKey, type Recipients } from '../../datakey/create.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import type { Metadata } from '../../metadata/metadata.js';
import { DEFAULT_SELECTION } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { Indent } from '../../run/indent.js';
import { type OpenedFile, plainText } from '../read/open-file.js';
import { checkSomethingEncrypted, FORMAT_VERSION } from './encrypt.js';
import { resealFile } from './reseal-file.js';
import { sealFile } from './seal-file.js';
import { parsePlainText } from './seal-text.js';

export interface Recreation {
  /** As `openFile` gives it with `rewrites`. Its documents may hold ciphertext afterwards. */
  readonly opened: OpenedFile;
  readonly rule: CreationRule;
  readonly recipients: Recipients;
  readonly keyServices: readonly KeyService[];
  readonly indent: Indent;
}

/**
 * Encrypts under a new data key for these recipients. What the rule says about which values are encrypted counts; what it leaves
 * open stays as it was in the file, where SOPS would encrypt everything. Throws as sealing does, and `nothing-encrypted`.
 */
export async function recreateFile({ opened, rule, ...recreation }: Recreation): Promise<Uint8Array> {
  const { recipients, keyServices, indent } = recreation;
  const { selection, macOnlyEncrypted } = opened.metadata;
  const metadata = {
    ...opened.metadata,
    version: FORMAT_VERSION,
    macOnlyEncrypted: rule.macOnlyEncrypted || macOnlyEncrypted,
    selection: selection !== null && rule.selection.size > 0 ? fileOptionsFor({ rule }).selection : selection,
  };
  const isAlike = isSameSelection(metadata.selection, selection) && metadata.macOnlyEncrypted === macOnlyEncrypted;
  if (isAlike)
    return resealFile({ opened: { ...opened, metadata }, recipients, keyServices, printer: opened.store, indent });
  const scope = await scopeOf(metadata.selection, 'encrypt');
  const file = parsePlainText(opened, plainText(opened, indent.width));
  const { dataKey, shamirThreshold } = await createDataKey(recipients, keyServices);
  const { mac, lastModified, layout, ...kept } = { ...metadata, keyGroups: recipients.keyGroups, shamirThreshold };
  const { store, trail } = opened;
  const cipher = new Cipher(dataKey.bytes);
  const sealing = { file, reader: store, printer: store, indent, scope, dataKey, cipher, trail, metadata: kept };
  const { bytes, tree } = await sealFile(sealing);
  checkSomethingEncrypted(tree, metadata);
  return bytes;
}

/** What stays as it was in the file because the rule does not say otherwise, in words; undefined when that is only what always counts. */
export function carriedOver({ selection, macOnlyEncrypted }: Metadata, rule: CreationRule): string | undefined {
  const isUsual = selection === null || isSameSelection(selection, DEFAULT_SELECTION);
  const kept = [
    ...(rule.selection.size === 0 && !isUsual ? [`${selection.option} ${JSON.stringify(selection.text)}`] : []),
    ...(macOnlyEncrypted && !rule.macOnlyEncrypted ? ['mac_only_encrypted'] : []),
  ];
  return kept.length === 0 ? undefined : kept.join(' and ');
}

function isSameSelection(one: Metadata['selection'], other: Metadata['selection']): boolean {
  return one?.option === other?.option && one?.text === other?.text;
}
