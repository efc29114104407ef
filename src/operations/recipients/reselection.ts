/** A file's selection and the order of its recipients against its rule: what `updatekeys --selection` changes. */

import { Cipher } from '../../cipher/cipher.js';
import type { CreationRule } from '../../config/model.js';
import { fileOptionsFor } from '../../config/selection.js';
import type { Recipients } from '../../datakey/create.js';
import { createDataKey, wrapDataKey } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import type { KeyGroup } from '../../keys/provider.js';
import { keyTypes } from '../../keys/registry.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { DEFAULT_SELECTION, type Metadata, type SelectionRule } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { Indent } from '../../run/indent.js';
import { type OpenedFile, renderPlain } from '../read/open-file.js';
import { checkSomethingEncrypted } from '../write/encrypt.js';
import { sealText } from '../write/seal-text.js';

/** What decides which values of a file are encrypted, and covered by its MAC. */
export interface SelectionState {
  readonly selection: SelectionRule;
  readonly macOnlyEncrypted: boolean;
}

export interface SelectionChange {
  readonly before: SelectionState;
  readonly after: SelectionState;
}

/** What the rule would select otherwise; undefined when it is the same. A binary file has nothing to select. Throws `conflict`. */
export function compareSelection(
  metadata: Metadata,
  rule: CreationRule | null,
  store: FormatStore,
): SelectionChange | undefined {
  if (formatNamed(store.name).whole) return undefined;
  const wanted = fileOptionsFor({ rule });
  const before = { selection: metadata.selection ?? DEFAULT_SELECTION, macOnlyEncrypted: metadata.macOnlyEncrypted };
  const after = { selection: wanted.selection ?? DEFAULT_SELECTION, macOnlyEncrypted: wanted.macOnlyEncrypted };
  const isSame =
    before.selection.option === after.selection.option &&
    before.selection.text === after.selection.text &&
    before.macOnlyEncrypted === after.macOnlyEncrypted;
  return isSame ? undefined : { before, after };
}

/** Whether the recipients of groups stand in another order, as files have them: by type, of a type as they are listed, and each once. */
export async function isReordered(before: readonly KeyGroup[], after: readonly KeyGroup[]): Promise<boolean> {
  const [old, wanted] = await Promise.all([before, after].map(orderOf));
  return JSON.stringify(old) !== JSON.stringify(wanted);
}

function orderOf(groups: readonly KeyGroup[]): Promise<string[][]> {
  return Promise.all(
    groups.map(async (group) => {
      const inFile = keyTypes().flatMap(({ type }) => group.filter((key) => key.type === type));
      return [...new Set(await Promise.all(inFile.map(keyStringOf)))];
    }),
  );
}

export interface Reselecting {
  /** As `openFile` gives it with `rewrites`. */
  readonly opened: OpenedFile;
  readonly after: SelectionState;
  readonly recipients: Recipients;
  /** Whether it gets a new data key. */
  readonly newKey: boolean;
  /** Whether the keys must be wrapped anew though the data key stays. */
  readonly rewraps: boolean;
  readonly keyServices: readonly KeyService[];
  readonly indent: Indent;
}

/**
 * Encrypts and decrypts the values of an open file as another selection wants it; a value that stays encrypted keeps its ciphertext unless
 * there is a new data key. The bytes were read back. Throws as `sealText` and `createDataKey` do, and `nothing-encrypted`.
 */
export async function reselectFile(reselecting: Reselecting): Promise<Uint8Array> {
  const { opened, after, indent } = reselecting;
  const before = renderPlain(opened, indent.width);
  const keys = await keysFor(reselecting);
  opened.cipher.memory?.followSelection();
  const scope = await scopeOf(after.selection, 'encrypt');
  const { layout: _, ...kept } = opened.metadata;
  const metadata = { ...kept, ...after, keyGroups: keys.keyGroups, shamirThreshold: keys.shamirThreshold };
  const resealing = { ...opened, scope, metadata, dataKey: keys.dataKey, cipher: keys.cipher };
  const sealed = await sealText({ opened: resealing, before, after: before.text, printer: opened.store, indent });
  try {
    checkSomethingEncrypted(sealed.tree, after);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw error.with(error.code, {
      hint: 'Correct the rule; a file that nobody needs encrypted is decrypted with sops-ts decrypt -i.',
    });
  }
  return sealed.bytes;
}

/** The data key under which the file is sealed, wrapped for its recipients. */
async function keysFor({ opened, recipients, newKey, rewraps, keyServices }: Reselecting) {
  const { keyGroups } = recipients;
  if (newKey) {
    const { dataKey, shamirThreshold } = await createDataKey(recipients, keyServices);
    return { keyGroups, dataKey, shamirThreshold, cipher: new Cipher(dataKey.bytes, opened.cipher.memory) };
  }
  const { dataKey, cipher, metadata } = opened;
  if (!rewraps) return { keyGroups: metadata.keyGroups, shamirThreshold: metadata.shamirThreshold, dataKey, cipher };
  return { keyGroups, dataKey, cipher, shamirThreshold: await wrapDataKey(dataKey, recipients, keyServices) };
}
