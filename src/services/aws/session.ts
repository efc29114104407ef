/** Sessions with assumed roles, from AWS STS. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import type { CredentialsLog } from './credentials-log.js';
import { awsFailure } from './failure.js';
import { endpointOf, type SdkRequestHandler } from './request-handler.js';

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
}

/** The part of the settings that all clients for one region and profile share. */
export interface AwsSettings extends AwsManners {
  readonly region: string;
  readonly profile?: string;
  readonly credentials?: AwsCredentials;
  readonly requestHandler: SdkRequestHandler;
  /** Without one the SDK writes to the console, e.g. that both a profile and keys are set. */
  readonly logger: CredentialsLog;
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
export async function openSession(request: SessionRequest, settings: AwsSettings, host: Host): Promise<AwsCredentials> {
  const { STSClient, AssumeRoleCommand } = await import('../../packages/aws-sts.js');
  const client = new STSClient({ ...settings, ...endpointOf('STS', host) });
  try {
    const answer = await client.send(new AssumeRoleCommand(request));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new SopsError('key', 'the answer has no credentials');
    const expiration = Expiration ? { expiration: Expiration } : {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, ...expiration };
  } catch (error) {
    throw awsFailure(`failed to assume role '${request.RoleArn}'`, error, () => ROLE_HINT);
  }
}
