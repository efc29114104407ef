/** What somebody with the data key could write into a file: for tests of what holds even then. */
import { Cipher } from '../../src/cipher/cipher.js';
import type { FormatName } from '../../src/formats/registry.js';
import { formatNamed } from '../../src/formats/registry.js';
import { ageProvider } from '../../src/keys/age/age.js';
import type { MasterKey } from '../../src/keys/provider.js';
import { metadataFromBranch } from '../../src/metadata/from-branch.js';
import { hostOf } from '../unit/keys/host.js';
import type { Desk } from './desk.js';

/** The cipher of an encrypted file of a desk. */
export async function cipherOf(sealed: Uint8Array, format: FormatName, desk: Desk): Promise<Cipher> {
  const store = await formatNamed(format).load();
  const { keyGroups } = metadataFromBranch(store.parse(sealed).metadata);
  return new Cipher(await ageProvider.unwrap(keyGroups[0]?.[0] as MasterKey, hostOf({ env: desk.env })));
}
