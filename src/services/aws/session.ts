/** Sessions with assumed roles, from AWS STS. */
import { SopsError } from '../../errors.js';
import type { CredentialsLog } from './credentials-log.js';
import type { EndpointOf } from './endpoints.js';
import { awsFailure } from './failure.js';
import type { SdkRequestHandler } from './request-handler.js';

/** Credentials as the SDK takes them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** How services are asked. */
export interface AwsManners {
  readonly maxAttempts?: number;
  readonly retryMode?: string;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
  readonly userAgentAppId?: string;
  readonly authSchemePreference?: string[];
  readonly defaultsMode?: 'legacy';
  readonly disableClockSkewCorrection?: boolean;
}

/** The part of the settings that all clients for one region and profile share. */
export interface AwsSettings extends AwsManners {
  readonly region: string;
  readonly profile?: string;
  readonly credentials?: AwsCredentials;
  readonly requestHandler: SdkRequestHandler;
  /** The client of a service is told its endpoint. */
  readonly endpointOf: EndpointOf;
  /** Otherwise the SDK looks for endpoints itself. */
  readonly ignoreConfiguredEndpointUrls: true;
  /** Without one the SDK writes to the console, e.g. that both a profile and keys are set. */
  readonly logger: CredentialsLog;
}

/** Which role, and by which token of a workload. */
export interface WebSessionRequest {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly WebIdentityToken: string;
}

/** Which role, and as whom; a profile may ask for more than a key can. */
export interface SessionRequest {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: number;
}

const ROLE_HINT = 'See that your login holds (aws sts get-caller-identity), and ask for sts:AssumeRole on the role.';

/** The credentials of a new session. Throws `key`, saying which role it is about. */
export async function openSession(request: SessionRequest, settings: AwsSettings): Promise<AwsCredentials> {
  const { STSClient, AssumeRoleCommand } = await import('../../packages/aws-sts.js');
  const client = new STSClient({ ...settings, ...settings.endpointOf('STS') });
  return sessionFor(request.RoleArn, ROLE_HINT, () => client.send(new AssumeRoleCommand(request)));
}

const WEB_HINT =
  'See that the token is one of the workload, has not run out, and that the trust policy of the role takes it.';

/** The same for a workload, which has no credentials but the token of its platform. */
export async function openWebSession(request: WebSessionRequest, settings: AwsSettings): Promise<AwsCredentials> {
  const { STSClient, AssumeRoleWithWebIdentityCommand } = await import('../../packages/aws-sts.js');
  const client = new STSClient({ ...settings, ...settings.endpointOf('STS') });
  return sessionFor(request.RoleArn, WEB_HINT, () => client.send(new AssumeRoleWithWebIdentityCommand(request)));
}

interface StsAnswer {
  readonly Credentials?:
    | {
        readonly AccessKeyId?: string | undefined;
        readonly SecretAccessKey?: string | undefined;
        readonly SessionToken?: string | undefined;
        readonly Expiration?: Date | undefined;
      }
    | undefined;
}

async function sessionFor(role: string, hint: string, ask: () => Promise<StsAnswer>): Promise<AwsCredentials> {
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = (await ask()).Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new SopsError('key', 'the answer has no credentials');
    const expiration = Expiration ? { expiration: Expiration } : {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, ...expiration };
  } catch (error) {
    throw awsFailure(`failed to assume role '${role}'`, error, () => hint);
  }
}
