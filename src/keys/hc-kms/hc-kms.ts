/** The provider of keys in Huawei Cloud's KMS (docs/keys/hc-kms.md). */

import { SopsError } from '../../errors.js';
import { textMember } from '../../services/http/answer.js';
import type { ServiceCall } from '../../services/service-call.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { NOT_THE_SERVICE } from '../advice.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { callKms, type KmsCall, projectOf } from './client.js';
import { type Credentials, findHuaweiCredentials } from './credentials.js';
import { parseKeyId } from './key-id.js';
import { kmsEndpoint } from './regions.js';

const TYPE = 'hckms';
const KEY_ID = 'key_id';
const ALGORITHM = 'SYMMETRIC_DEFAULT';

export const huaweiProvider: KeyProvider = {
  type: TYPE,

  async parse(text) {
    const items = text.split(',').map((item) => item.trim());
    return items.filter((item) => item !== '').map(masterKey);
  },

  async parseEntry(entry) {
    const id = typeof entry === 'string' ? entry : entry.get(KEY_ID);
    return masterKey(typeof id === 'string' ? id : '');
  },

  keyString: keyIdOf,

  async wrap(key, part, host, signal) {
    const { region, uuid } = parseKeyId(keyIdOf(key));
    const plaintext = Buffer.from(part).toString('base64');
    const body = { key_id: uuid, plain_text: plaintext, encryption_algorithm: ALGORITHM };
    const answer = await call('encrypt', region, body, { host, signal });
    const ciphertext = textMember(answer, 'cipher_text');
    if (ciphertext === undefined) throw failed('encrypt', 'encryption response missing ciphertext');
    return ciphertext;
  },

  async unwrap(key, host, signal) {
    const { region, uuid } = parseKeyId(keyIdOf(key));
    const body = { cipher_text: key.enc, encryption_algorithm: ALGORITHM, key_id: uuid };
    const answer = await call('decrypt', region, body, { host, signal });
    const plaintext = textMember(answer, 'plain_text');
    if (plaintext === undefined) throw failed('decrypt', 'decryption response missing plaintext');
    const part = decodeBase64(plaintext);
    if (!part) throw failed('decrypt', 'failed to base64 decode decrypted data key');
    return part;
  },

  async examine(host) {
    return (await import('./examine.js')).examineHcKms(host);
  },
};

/** The id stays as it is given; only what is around it goes. */
function masterKey(id: string): MasterKey {
  parseKeyId(id);
  return { type: TYPE, fields: new Map([[KEY_ID, id]]), enc: '' };
}

function keyIdOf(key: MasterKey): string {
  const id = key.fields.get(KEY_ID);
  return typeof id === 'string' ? id : '';
}

type Operation = 'encrypt' | 'decrypt';

async function call(
  operation: Operation,
  region: string,
  body: KmsCall['body'],
  run: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const client = await clientFor(region, run).catch((error: unknown) => {
    throw explain('failed to create HuaweiCloud KMS client', error);
  });
  const { credentials, ...place } = client;
  return callKms({ ...place, action: `${operation}-data`, body }, credentials, run).catch((error: unknown) => {
    throw explain(doing(operation), error);
  });
}

async function clientFor(
  region: string,
  run: ServiceCall,
): Promise<{ endpoint: URL; projectId: string; credentials: Credentials }> {
  const endpoint = await kmsEndpoint(region, run.host);
  const credentials = await findHuaweiCredentials(run.host);
  return { endpoint, credentials, projectId: await projectOf(region, credentials, run) };
}

function doing(operation: Operation): string {
  return `failed to ${operation} sops data key with HuaweiCloud KMS`;
}

function failed(operation: Operation, reason: string): SopsError {
  return new SopsError('key', `${doing(operation)}: ${reason}`, { hint: NOT_THE_SERVICE });
}

/** Puts what was being done before the reason; the hint stays. */
function explain(what: string, error: unknown): unknown {
  if (!(error instanceof SopsError)) return error;
  return new SopsError('key', `${what}: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}
