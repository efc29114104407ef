/** What the back ends on AWS have in common: whose credentials, which region, and what a failure means (docs/stores.md#aws). */
import { hostname } from 'node:os';
import { SopsError } from '../errors.js';
import { endingPrograms } from '../exec/started-programs.js';
import { sessionNameOf } from '../keys/aws-kms/arn.js';
import { noCredentials } from '../services/aws/credentials-log.js';
import { awsFailure, hasRunOut } from '../services/aws/failure.js';
import { type AwsSettings, openSession } from '../services/aws/session.js';
import { settingsFor } from '../services/aws/settings.js';
import { silenceVersionNotice } from '../services/aws/version-notice.js';
import { LastingAccess } from '../services/lasting-access.js';
import { isError } from '../util/realms.js';
import { inTime, keyTimeout, whileWaitingFor } from '../util/waiting/timeout.js';
import { parameterOf, type ReferenceContext } from './backend.js';
import { isConnectionLoss } from './connection-loss.js';

/** A command of the SDK, by what is answered. */
export interface AwsCommand<Answer> {
  readonly answers?: Answer;
}

/** What is used of a client of the SDK. */
export interface AwsClient {
  readonly config: { credentials(): Promise<unknown> };
  send<Answer>(command: AwsCommand<Answer>, options: { abortSignal?: AbortSignal }): Promise<Answer>;
}

export type AwsClientSettings = Omit<AwsSettings, 'credentials'> & {
  readonly endpoint?: string;
  readonly credentials?: unknown;
};

/** One service of AWS. */
export interface AwsStoreKind {
  /** How messages call it. */
  readonly title: string;
  /** Its name in `AWS_ENDPOINT_URL_…`. */
  readonly endpoint: string;
  make(settings: AwsClientSettings): Promise<AwsClient>;
}

/** It becomes part of the host that signed requests go to. */
const REGION = /^[a-z0-9-]+$/;
const IN_ARN = /^arn:aws[\w-]*:[a-z0-9-]+:([a-z0-9-]+):/;

/** Sends requests to one service, in the name and region that the parameters choose. */
export class AwsStore {
  readonly #kind: AwsStoreKind;
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ReferenceContext;
  readonly #clients = new Map<string, LastingAccess<AwsClient>>();

  /** Throws `reference-not-allowed` for a profile or role that the reference must not choose, `reference-malformed` for a region that is not one. */
  constructor(kind: AwsStoreKind, parameters: ReadonlyMap<string, string>, context: ReferenceContext) {
    this.#kind = kind;
    this.#parameters = parameters;
    this.#context = context;
    if (parameters.has('profile')) context.demand('the AWS profile whose credentials are used');
    if (parameters.has('role_arn')) context.demand('the AWS role that acts in your name');
    const region = this.#own('region');
    if (region !== undefined && !REGION.test(region)) {
      throw new SopsError('reference-malformed', `${JSON.stringify(region)} is not an AWS region`);
    }
  }

  /**
   * What a command is answered; `path` is the secret, for messages, and its region counts when it is an ARN. Throws
   * `reference-not-found`, `store-denied`, `store-unreachable`, `reference-malformed`, or `failed`.
   */
  async ask<Answer>(path: string, command: AwsCommand<Answer>): Promise<Answer> {
    const region = IN_ARN.exec(path)?.[1] ?? '';
    const access = this.#access(region);
    const client = await access.get(() => this.#make(region));
    try {
      return await this.#send(client, command).catch(async (error: unknown) => {
        if (!hasRunOut(error)) throw error;
        return this.#send(await access.renew(client, () => this.#make(region)), command);
      });
    } catch (error) {
      throw this.failure(path, error);
    }
  }

  #send<Answer>(client: AwsClient, command: AwsCommand<Answer>): Promise<Answer> {
    const { signal } = this.#context;
    return client.send(command, signal ? { abortSignal: signal } : {});
  }

  /** The error for a request that failed, or an answer that broke off. */
  failure(path: string, error: unknown): SopsError {
    const code = codeOf(error);
    const hint = hintOf(error, code);
    const told = awsFailure(`${this.#kind.title} does not give ${path}`, error, () => hint);
    return told.with(code, hint === undefined ? {} : { hint });
  }

  #own(name: string): string | undefined {
    return parameterOf(name, this.#parameters, this.#context);
  }

  #access(ofPath: string): LastingAccess<AwsClient> {
    const access = this.#clients.get(ofPath) ?? new LastingAccess<AwsClient>();
    this.#clients.set(ofPath, access);
    return access;
  }

  async #make(ofPath: string): Promise<AwsClient> {
    const { host, signal } = this.#context;
    const profile = this.#own('profile') ?? '';
    try {
      await silenceVersionNotice();
      const settings = await settingsFor(this.#region(ofPath), profile, host);
      const client = await this.#kind.make({ ...this.#acting(settings), ...settings.endpointOf(this.#kind.endpoint) });
      // They may come from a program that waits for somebody.
      const find = (ending: AbortSignal): Promise<unknown> =>
        whileWaitingFor('the AWS credentials', { host, signal: ending }, () =>
          endingPrograms(ending, () => client.config.credentials()),
        );
      await inTime(keyTimeout(host), signal, find).catch(async (error: unknown) => {
        throw error instanceof SopsError
          ? error
          : await noCredentials('no credentials for AWS', error, settings.logger);
      });
      return client;
    } catch (error) {
      if (!(error instanceof SopsError) || error.code !== 'key') throw error;
      throw error.with(isConnectionLoss(error) ? 'store-unreachable' : 'store-denied');
    }
  }

  /** The settings with the session of the role, where one is named. */
  #acting(settings: AwsSettings): AwsClientSettings {
    const role = this.#own('role_arn');
    if (role === undefined) return settings;
    const session = { RoleArn: role, RoleSessionName: sessionNameOf(hostname()) };
    return { ...settings, credentials: () => openSession(session, settings) };
  }

  /** Empty for the one that the user configured. */
  #region(ofPath: string): string {
    return this.#parameters.get('region') || ofPath || this.#own('region') || '';
  }
}

const ABSENT =
  /^(?:ResourceNotFoundException|Parameter(?:Version)?NotFound|NoSuch(?:Key|Bucket|Version)|NotFound(?:Exception)?)$/;
const DENIED =
  /^(?:AccessDenied|Unauthorized|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken|TokenRefreshRequired|InvalidToken|MissingAuthentication|IncompleteSignature|OptInRequired|DecryptionFailure|Disabled|KMSInvalidState|KMSAccessDenied|AllAccessDisabled)/;
const BUSY =
  /Throttl|TooManyRequests|^SlowDown|RequestLimitExceeded|^ServiceUnavailable|^InternalError|^InternalService/;
const CREDENTIALS = /^(?:CredentialsProvider|TokenProvider)Error$/;

function codeOf(error: unknown): SopsError['code'] {
  if (!isError(error)) return 'failed';
  const { name, message } = error;
  const status = statusOf(error);
  if (ABSENT.test(name) || isOnItsWayOut(name, message)) return 'reference-not-found';
  if (BUSY.test(name) || status === 429 || status >= 500) return 'store-unreachable';
  if (DENIED.test(name) || CREDENTIALS.test(name) || status === 401 || status === 403) return 'store-denied';
  if (status === 404) return 'reference-not-found';
  if (status >= 400) return 'reference-malformed';
  // Of an answer that broke off, or is somebody else's.
  if (name === 'SyntaxError') return 'store-unreachable';
  return isConnectionLoss(error) || error instanceof SopsError ? 'store-unreachable' : 'failed';
}

function statusOf(error: Error): number {
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: unknown } | undefined) : undefined;
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}

/** A secret that waits for its deletion is refused as a wrong request. */
function isOnItsWayOut(name: string, message: string): boolean {
  return name === 'InvalidRequestException' && /marked (?:for deletion|deleted)|scheduled for deletion/i.test(message);
}

function hintOf(error: unknown, code: SopsError['code']): string | undefined {
  if (isError(error) && isOnItsWayOut(error.name, error.message)) {
    return 'Bring it back with: aws secretsmanager restore-secret --secret-id NAME';
  }
  if (isError(error) && error.name === 'InvalidCiphertextException') {
    return "The ciphertext is another key's, damaged, or was made with another encryption context: see ?context=.";
  }
  if (error instanceof SopsError || (isError(error) && CREDENTIALS.test(error.name))) return undefined;
  return HINTS.get(code);
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['reference-not-found', 'See the name, the region (?region=, AWS_REGION) and the account of your credentials.'],
  ['store-denied', 'See whose credentials these are (aws sts get-caller-identity), and ask for the right to read it.'],
  ['store-unreachable', 'Try again later; AWS gets too many requests, or has trouble of its own.'],
]);
