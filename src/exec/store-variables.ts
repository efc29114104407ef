/** Variables by which sops-ts logs in to secret stores: a program that gets the values of some secrets need not be able to read all others. */

type Variables = Readonly<Record<string, string | undefined>>;

const KINDS: readonly RegExp[] = [
  /^(?:VAULT|BAO)_(?:TOKEN|TOKEN_FILE|WRAPPING_TOKEN|SECRET_ID|PASSWORD|PASSWORD_FILE|JWT|JWT_FILE|CLIENT_KEY|HEADERS)$/,
  // AWS_ACCESS_KEY and AWS_SECRET_KEY are older names of the same.
  /^AWS_(?:ACCESS_KEY(?:_ID)?|SECRET_(?:ACCESS_)?KEY|SESSION_TOKEN|SECURITY_TOKEN|WEB_IDENTITY_TOKEN_FILE)$/,
  /^AWS_(?:SHARED_CREDENTIALS_FILE|CONTAINER_(?:CREDENTIALS_(?:FULL|RELATIVE)_URI|AUTHORIZATION_TOKEN(?:_FILE)?))$/,
  /^AZURE_(?:CLIENT_SECRET|CLIENT_CERTIFICATE_(?:PATH|PASSWORD)|PASSWORD|FEDERATED_TOKEN_FILE)$/,
  /^GOOGLE_(?:APPLICATION_CREDENTIALS|CREDENTIALS|OAUTH_ACCESS_TOKEN)$/,
  /^CLOUDSDK_AUTH_(?:ACCESS_TOKEN|ACCESS_TOKEN_FILE|CREDENTIAL_FILE_OVERRIDE)$/,
  /^VALS_(?:SECRET_ID|TOKEN_FILE|PASSWORD_FILE)$/,
  /^OP_(?:SERVICE_ACCOUNT_TOKEN|CONNECT_TOKEN|SESSION(?:_.*)?)$/,
];
/** They hold the name of the variable that holds the token or password. */
const NAMING = ['VAULT_PASSWORD_ENV', 'BAO_PASSWORD_ENV', 'VALS_TOKEN_ENV', 'VALS_PASSWORD_ENV'];

/** Whether a variable lets its holder into a store by itself. Where a store is, and by which role one logs in, is no secret. */
export function isStoreVariable(name: string): boolean {
  return KINDS.some((kind) => kind.test(name.toUpperCase()));
}

/** An environment without those variables. */
export function withoutStoreVariables(env: Variables): Record<string, string | undefined> {
  const named = new Set(NAMING.flatMap((name) => env[name] || []));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isStoreVariable(name) && !named.has(name)));
}
