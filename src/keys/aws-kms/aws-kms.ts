/** The provider of AWS KMS keys (spec keys-and-config.md section 2.2). */
import { SopsError } from '../../errors.js';
import { decodeBase64 } from '../../util/base64.js';
import type { Host } from '../../util/host.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { trustKeys } from '../trust.js';
import { regionOf, splitRole } from './arn.js';
import { clientFor, loadKms } from './clients.js';
import { failureOf } from './failure.js';
import { checkRole } from './role-trust.js';

const TYPE = 'kms';
const ENCRYPTING = 'failed to encrypt sops data key with AWS KMS';
const DECRYPTING = 'failed to decrypt sops data key with AWS KMS';

export const awsKmsProvider: KeyProvider = {
  type: TYPE,

  /** Items are `ARN` or `ARN+ROLE_ARN`, without spaces. Whether an ARN is one is seen when it is used, as in SOPS. */
  async parse(text, host) {
    trustKeys(host, TYPE, [text]);
    const items = text === '' ? [] : text.split(',').map((item) => item.replaceAll(' ', ''));
    return items.map((item): MasterKey => {
      const { arn, role } = splitRole(item);
      const fields = new Map([
        ['arn', arn],
        ['aws_profile', ''],
      ]);
      if (role !== '') fields.set('role', role);
      return { type: TYPE, fields, enc: '' };
    });
  },

  keyString(key) {
    const { arn, role, profile, context } = partsOf(key);
    const pairs = [...context].map(([name, value]) => [name, value] as const).sort(byName);
    const contextText = pairs.map(([name, value]) => `${name}:${value}`).join(',');
    const identity = role === '' ? arn : `${arn}+${role}`;
    if (profile !== '') return `${identity}|${contextText}|${profile}`;
    return contextText === '' ? identity : `${identity}|${contextText}`;
  },

  async wrap(key, part, host, signal) {
    const { input, client } = await prepare(key, host, ENCRYPTING);
    const { EncryptCommand } = await loadKms();
    const command = new EncryptCommand({ ...input, Plaintext: part });
    const answer = await client.send(command, abortedBy(signal)).catch(explain(ENCRYPTING));
    if (!answer.CiphertextBlob) throw new SopsError('key', `${ENCRYPTING}: the answer has no CiphertextBlob`);
    return Buffer.from(answer.CiphertextBlob).toString('base64');
  },

  async unwrap(key, host, signal) {
    const blob = decodeBase64(key.enc);
    if (!blob) throw new SopsError('key', 'error base64-decoding encrypted data key: it is not base64');
    const { input, client } = await prepare(key, host, DECRYPTING);
    const { DecryptCommand } = await loadKms();
    const command = new DecryptCommand({ ...input, CiphertextBlob: blob });
    const answer = await client.send(command, abortedBy(signal)).catch(explain(DECRYPTING));
    if (!answer.Plaintext) throw new SopsError('key', `${DECRYPTING}: the answer has no Plaintext`);
    return answer.Plaintext;
  },
};

interface AwsKey {
  readonly arn: string;
  readonly role: string;
  readonly profile: string;
  readonly context: ReadonlyMap<string, string>;
}

function partsOf({ fields }: MasterKey): AwsKey {
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  const context = fields.get('context');
  return {
    arn: text('arn'),
    role: text('role'),
    profile: text('aws_profile'),
    context: typeof context === 'object' ? context : new Map(),
  };
}

/** A client that has its credentials, and the fields that both calls have. */
async function prepare(key: MasterKey, host: Host, doing: string) {
  const { arn, role, profile, context } = partsOf(key);
  const region = regionOf(arn);
  if (role !== '') checkRole(role, TYPE, host);
  const client = await clientFor({ region, profile, role }, host);
  await client.config.credentials().catch((error: unknown) => {
    // What went wrong with a role is said already.
    throw error instanceof SopsError ? error : failureOf(doing, error);
  });
  return { client, input: { KeyId: arn, EncryptionContext: Object.fromEntries(context) } };
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}

function explain(doing: string): (error: unknown) => never {
  return (error) => {
    throw failureOf(doing, error);
  };
}
