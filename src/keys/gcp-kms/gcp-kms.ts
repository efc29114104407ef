/** The provider of GCP KMS keys (docs/keys/gcp-kms.md). */
import { SopsError } from '../../errors.js';
import { gcpFailure } from '../../services/gcp/failure.js';
import type { Session } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { NOT_THE_SERVICE } from '../advice.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { ADVICE, adviseOnRpc, UNREACHABLE } from './advice.js';
import type { Verb } from './service.js';
import { transportFor } from './transport.js';

const TYPE = 'gcp_kms';
const RESOURCE_ID = 'resource_id';
const ENCRYPTING = 'failed to encrypt sops data key with GCP KMS key';
const CREATING = 'cannot create GCP KMS service';
const DECRYPTING = 'failed to decrypt sops data key with GCP KMS key';

/** A segment `.` or `..` would name another resource once it is part of a URL. */
const PATTERN =
  /^projects\/(?!\.{1,2}\/)[^/]+\/locations\/(?!\.{1,2}\/)[^/]+\/keyRings\/(?!\.{1,2}\/)[^/]+\/cryptoKeys\/(?!\.{1,2}$)[^/]+$/;

export const gcpKmsProvider: KeyProvider = {
  type: TYPE,

  /** Items lose their spaces. Whether one is a key is seen when it is used, as in SOPS. */
  async parse(text) {
    const items = text === '' ? [] : text.split(',').map((item) => item.replaceAll(' ', ''));
    return items.map((item): MasterKey => ({ type: TYPE, fields: new Map([[RESOURCE_ID, item]]), enc: '' }));
  },

  keyString: resourceIdOf,

  async wrap(key, part, host, signal) {
    const ciphertext = await call({ key, verb: 'encrypt', bytes: part, host, signal }, ENCRYPTING);
    if (!ciphertext)
      throw new SopsError('key', `${ENCRYPTING}: the answer has no ciphertext`, { hint: NOT_THE_SERVICE });
    return Buffer.from(ciphertext).toString('base64');
  },

  isWrapped: async (enc) => decodeBase64(enc) !== null,

  async unwrap(key, host, signal) {
    const ciphertext = decodeBase64(key.enc);
    if (!ciphertext) {
      throw new SopsError('key', 'error base64-decoding encrypted data key: it is not base64', { hint: DAMAGED_ENTRY });
    }
    const part = await call({ key, verb: 'decrypt', bytes: ciphertext, host, signal }, DECRYPTING);
    if (!part) throw new SopsError('key', `${DECRYPTING}: the answer has no plaintext`, { hint: NOT_THE_SERVICE });
    return part;
  },

  async examine(host) {
    return (await import('./examine.js')).examineGcpKms(host);
  },
};

interface Call {
  readonly key: MasterKey;
  readonly verb: Verb;
  readonly bytes: Uint8Array;
  readonly host: Session;
  readonly signal: AbortSignal | undefined;
}

/** What the service makes of some bytes; undefined when its answer holds none. */
async function call({ key, verb, bytes, host, signal }: Call, doing: string): Promise<Uint8Array | undefined> {
  const name = resourceIdOf(key);
  if (!PATTERN.test(name)) {
    throw new SopsError('key', `${CREATING}: no valid resource ID found in ${JSON.stringify(name)}`, {
      hint: 'It should look like projects/<p>/locations/<l>/keyRings/<r>/cryptoKeys/<k>, without a version.',
    });
  }
  const transport = await transportFor(host).catch((error: unknown) => {
    throw gcpFailure(CREATING, error, advise);
  });
  try {
    return await transport.call(verb, name, bytes, signal);
  } catch (error) {
    throw gcpFailure(doing, error, advise);
  }
}

/** The next step for an error of the gRPC package, or of getting a token. */
function advise(error: unknown): string | undefined {
  if (!isError(error)) return undefined;
  if (/invalid_grant|invalid_rapt|invalid_client|unauthorized_client/.test(error.message)) return ADVICE.login;
  const code = 'code' in error ? error.code : undefined;
  return adviseOnRpc(code, error.message) ?? (typeof code === 'string' ? UNREACHABLE : undefined);
}

function resourceIdOf({ fields }: MasterKey): string {
  const id = fields.get(RESOURCE_ID);
  return typeof id === 'string' ? id : '';
}
