/** The provider of AWS KMS keys (spec keys-and-config.md section 2.2). */
import { SopsError } from '../../errors.js';
import { failureOf } from '../../util/aws/failure.js';
import { decodeBase64 } from '../../util/base64.js';
import type { Host } from '../../util/host.js';
import { type Advice, adviceOnException, STRANGER } from '../advice.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { trustKeys } from '../trust.js';
import { regionOf, splitRole } from './arn.js';
import { clientFor, type KmsClient, loadKms } from './clients.js';
import { oldContextsOf } from './old-context.js';
import { checkRole } from './role-trust.js';

const TYPE = 'kms';
const ENCRYPTING = 'failed to encrypt sops data key with AWS KMS';
const DECRYPTING = 'failed to decrypt sops data key with AWS KMS';
const ADVICE: Advice = {
  login:
    'The login does not count or has expired: run aws sso login, renew AWS_SESSION_TOKEN, or choose another profile.',
  denied:
    'Ask for kms:Encrypt and kms:Decrypt on this key, in its key policy or for your role, or use another profile.',
  absent: 'Check the region, account and id in the ARN.',
};
const advise = (name: string): string | undefined => adviceOnException(name, ADVICE);

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
    const { client, KeyId, context } = await prepare(key, host, ENCRYPTING);
    const { EncryptCommand } = await loadKms();
    const command = new EncryptCommand({ KeyId, EncryptionContext: Object.fromEntries(context), Plaintext: part });
    const answer = await client.send(command, abortedBy(signal)).catch((error: unknown) => {
      throw failureOf(ENCRYPTING, error, advise);
    });
    if (!answer.CiphertextBlob)
      throw new SopsError('key', `${ENCRYPTING}: the answer has no CiphertextBlob`, { hint: STRANGER });
    return Buffer.from(answer.CiphertextBlob).toString('base64');
  },

  async unwrap(key, host, signal) {
    const blob = decodeBase64(key.enc);
    if (!blob) throw new SopsError('key', 'error base64-decoding encrypted data key: it is not base64');
    const access = await prepare(key, host, DECRYPTING);
    const open = (context: Context): Promise<Uint8Array> => decrypt({ ...access, context }, blob, signal);
    try {
      return await open(access.context);
    } catch (error) {
      const part = isOtherContext(error) ? await openOld(oldContextsOf(access.context), open) : undefined;
      if (!part) throw failureOf(DECRYPTING, error, advise);
      host.warn(
        `a version of SOPS before 3.3.0 used ${access.KeyId} with a wrong encryption context; rotate mends the file`,
      );
      // Whatever writes the file next makes it one of a newer version, for which SOPS does not try old contexts.
      key.enc = await awsKmsProvider.wrap(key, part, host, signal).catch(() => key.enc);
      return part;
    }
  },

  async examine(host) {
    return (await import('./examine.js')).examine(host);
  },
};

type Context = ReadonlyMap<string, string>;

interface AwsKey {
  readonly arn: string;
  readonly role: string;
  readonly profile: string;
  readonly context: Context;
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

/** What both calls need. */
interface Access {
  /** It has its credentials. */
  readonly client: KmsClient;
  readonly KeyId: string;
  readonly context: Context;
}

async function prepare(key: MasterKey, host: Host, doing: string): Promise<Access> {
  const { arn, role, profile, context } = partsOf(key);
  const region = regionOf(arn);
  if (role !== '') checkRole(role, TYPE, host);
  const client = await clientFor({ region, profile, role }, host);
  await client.config.credentials().catch((error: unknown) => {
    // What went wrong with a role is said already.
    throw error instanceof SopsError ? error : failureOf(doing, error, advise);
  });
  return { client, KeyId: arn, context };
}

async function decrypt({ client, KeyId, context }: Access, blob: Buffer, signal?: AbortSignal): Promise<Uint8Array> {
  const { DecryptCommand } = await loadKms();
  const command = new DecryptCommand({ KeyId, EncryptionContext: Object.fromEntries(context), CiphertextBlob: blob });
  const answer = await client.send(command, abortedBy(signal));
  if (answer.Plaintext) return answer.Plaintext;
  throw new SopsError('key', 'the answer has no Plaintext', { hint: STRANGER });
}

/** The part that the first fitting context opens, if one does. */
async function openOld(contexts: readonly Context[], open: (context: Context) => Promise<Uint8Array>) {
  for (const context of contexts) {
    const part = await open(context).catch(() => undefined);
    if (part) return part;
  }
  return undefined;
}

function isOtherContext(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidCiphertextException';
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
