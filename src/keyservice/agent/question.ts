/** What an agent remembers a part by: a hash of the key with all its fields and of what was wrapped. */
import { createHash } from 'node:crypto';
import { keyIdentity } from '../../keys/key-identity.js';
import type { KeyFields, MasterKey } from '../../keys/provider.js';
import { keyTypeRow } from '../../keys/registry.js';
import { oneLine } from '../../util/text/one-line.js';
import { keyStringOf } from '../keyservice.js';

/** The same for a key from a file and for one from SOPS's protocol, which knows no difference between what is empty and what is absent. */
export function agentQuestion({ type, fields, enc }: MasterKey): string {
  const given: KeyFields = new Map([...fields].filter(([, value]) => (typeof value === 'string' ? value : value.size)));
  return createHash('sha256')
    .update(JSON.stringify([keyIdentity({ type, fields: given }), enc.trimEnd()]))
    .digest('base64');
}

/** A key in words, for the audit log. */
export async function keyLabelOf(key: MasterKey): Promise<string> {
  return oneLine(`${keyTypeRow(key.type)?.title ?? key.type} ${await keyStringOf(key)}`);
}
