/** Which hosts are vaults of the clouds themselves (docs/security.md#whom-credentials-go-to). */

/** Domains of Key Vault and Managed HSM in the public and the sovereign clouds: whatever is there is run by the cloud. */
const CLOUD_DOMAINS = [
  '.vault.azure.net',
  '.vault.azure.cn',
  '.vault.usgovcloudapi.net',
  '.vault.microsoftazure.de',
  '.managedhsm.azure.net',
  '.managedhsm.azure.cn',
  '.managedhsm.usgovcloudapi.net',
];

/** Whether a token for a vault goes to nobody but the cloud. */
export function isVaultOfCloud({ port, hostname }: URL): boolean {
  return port === '' && CLOUD_DOMAINS.some((domain) => hostname.endsWith(domain));
}
