/** Of `@aws-sdk/client-sts`. */
export { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
