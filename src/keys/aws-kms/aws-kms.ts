/** The provider of AWS KMS keys (docs/keys/aws-kms.md). */
import { SopsError } from '../../errors.js';
import { endingPrograms } from '../../exec/started-programs.js';
import { CredentialsLog, noCredentials } from '../../services/aws/credentials-log.js';
import { awsFailure } from '../../services/aws/failure.js';
import { environmentCredentials } from '../../services/aws/settings.js';
import type { Session } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { oneLine } from '../../util/text/one-line.js';
import { whileWaitingFor } from '../../util/waiting/timeout.js';
import { type Advice, adviceOnException, NOT_THE_SERVICE } from '../advice.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { regionOf, splitRole } from './arn.js';
import { type AwsKmsClient, clientFor, loadKms } from './clients.js';
import { oldContextsOf } from './old-context.js';
import { calledRole, checkRole, rolesOf } from './role-trust.js';

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
/** The next step for an exception, for a key with that context. */
function adviceFor(context: Context): (name: string) => string | undefined {
  const said = context.size === 0 ? '' : `${oneLine(contextText(context)).slice(0, MOST_CONTEXT)}`;
  return (name) => {
    if (name === 'InvalidCiphertextException') return said === '' ? MAYBE_CONTEXT : otherContext(said);
    const advice = adviceOnException(name, ADVICE);
    if (said === '' || advice !== ADVICE.denied) return advice;
    return `${ADVICE.denied} The rights may depend on the encryption context, here ${said}.`;
  };
}

const MOST_CONTEXT = 200;
const MAYBE_CONTEXT =
  "The entry is another key's or damaged, or was made with an encryption context, which the file does not name: see the file's history.";

function otherContext(said: string): string {
  return `The entry was made with another encryption context than ${said}, or is another key's or damaged: see context in the file, and its history.`;
}

export const awsKmsProvider: KeyProvider = {
  type: TYPE,

  /** Items are `ARN` or `ARN+ROLE_ARN`, without spaces. Whether an ARN is one is seen when it is used, as in SOPS. */
  async parse(text) {
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
    const pairs = contextText(context);
    const identity = role === '' ? arn : `${arn}+${role}`;
    if (profile !== '') return `${identity}|${pairs}|${profile}`;
    return pairs === '' ? identity : `${identity}|${pairs}`;
  },

  async claims(named) {
    return rolesOf(named).flatMap((role) => (role === '' ? [] : calledRole(role)));
  },

  async permit(key, host, signal) {
    const { role } = partsOf(key);
    if (role !== '') await checkRole(role, TYPE, host, signal);
  },

  async wrap(key, part, host, signal) {
    const { client, KeyId, context } = await prepare(key, ENCRYPTING, host, signal);
    const { EncryptCommand } = await loadKms();
    const command = new EncryptCommand({ KeyId, EncryptionContext: Object.fromEntries(context), Plaintext: part });
    const answer = await client.send(command, abortedBy(signal)).catch((error: unknown) => {
      throw awsFailure(ENCRYPTING, error, adviceFor(context));
    });
    if (!answer.CiphertextBlob)
      throw new SopsError('key', `${ENCRYPTING}: the answer has no CiphertextBlob`, { hint: NOT_THE_SERVICE });
    return Buffer.from(answer.CiphertextBlob).toString('base64');
  },

  isWrapped: async (enc) => decodeBase64(enc) !== null,

  async unwrap(key, host, signal) {
    const blob = decodeBase64(key.enc);
    if (!blob)
      throw new SopsError('key', 'error base64-decoding encrypted data key: it is not base64', { hint: DAMAGED_ENTRY });
    const access = await prepare(key, DECRYPTING, host, signal);
    const open = (context: Context): Promise<Uint8Array> => decrypt({ ...access, context }, blob, signal);
    try {
      return await open(access.context);
    } catch (error) {
      const part = isOtherContext(error) ? await openOld(oldContextsOf(access.context), open) : undefined;
      if (!part) throw awsFailure(DECRYPTING, error, adviceFor(access.context));
      host.warn(
        `a version of SOPS before 3.3.0 used ${access.KeyId} with a wrong encryption context; rotate mends the file`,
      );
      // Whatever writes the file next makes it one of a newer version, for which SOPS does not try old contexts.
      key.enc = await awsKmsProvider.wrap(key, part, host, signal).catch(() => key.enc);
      return part;
    }
  },

  async examine(host) {
    return (await import('./examine.js')).examineAwsKms(host);
  },
};

type Context = ReadonlyMap<string, string>;

/** In the order of names, as key strings have it. */
function contextText(context: Context): string {
  return [...context]
    .sort(byName)
    .map(([name, value]) => `${name}:${value}`)
    .join(',');
}

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
  readonly client: AwsKmsClient;
  readonly KeyId: string;
  readonly context: Context;
}

async function prepare(key: MasterKey, doing: string, host: Session, signal?: AbortSignal): Promise<Access> {
  const { arn, role, profile, context } = partsOf(key);
  const region = regionOf(arn);
  if (role !== '') await checkRole(role, TYPE, host, signal);
  const client = await clientFor({ region, profile, role }, host);
  // Keys of the environment are at hand; to watch what a search for others may start slows down all that waits for anything.
  const isSearch = profile !== '' || role !== '' || !environmentCredentials(host);
  await whileWaitingFor(`the credentials of ${profileOf(client)}`, { host, signal }, () =>
    endingPrograms(isSearch ? signal : undefined, () => client.config.credentials()).catch(async (error: unknown) => {
      // What went wrong with a role is said already.
      throw error instanceof SopsError ? error : await noCredentials(doing, error, client.config.logger);
    }),
  );
  return { client, KeyId: arn, context };
}

function profileOf(client: AwsKmsClient): string {
  const { logger } = client.config;
  return logger instanceof CredentialsLog ? `the AWS profile ${logger.profile}` : 'AWS';
}

async function decrypt({ client, KeyId, context }: Access, blob: Buffer, signal?: AbortSignal): Promise<Uint8Array> {
  const { DecryptCommand } = await loadKms();
  const command = new DecryptCommand({ KeyId, EncryptionContext: Object.fromEntries(context), CiphertextBlob: blob });
  const answer = await client.send(command, abortedBy(signal));
  if (answer.Plaintext) return answer.Plaintext;
  throw new SopsError('key', 'the answer has no Plaintext', { hint: NOT_THE_SERVICE });
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
  return isError(error) && error.name === 'InvalidCiphertextException';
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
