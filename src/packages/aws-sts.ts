/** Of `@aws-sdk/client-sts`. */
export { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
