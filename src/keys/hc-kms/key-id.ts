/** The names of Huawei Cloud keys: `region:key-uuid` (docs/keys/hc-kms.md#identifiers). */
import { SopsError } from '../../errors.js';

export interface HuaweiKeyId {
  readonly region: string;
  readonly uuid: string;
}

/** Splits at the first colon; both parts are trimmed. Throws `key` when one is missing. */
export function parseKeyId(text: string): HuaweiKeyId {
  const id = text.trim();
  const colon = id.indexOf(':');
  if (colon < 0) {
    throw new SopsError('key', `invalid key ID format: expected 'region:key-uuid', got ${JSON.stringify(id)}`);
  }
  const region = id.slice(0, colon).trim();
  const uuid = id.slice(colon + 1).trim();
  if (region === '') throw new SopsError('key', `region cannot be empty in key ID: ${JSON.stringify(id)}`);
  if (uuid === '') throw new SopsError('key', `key UUID cannot be empty in key ID: ${JSON.stringify(id)}`);
  return { region, uuid };
}
