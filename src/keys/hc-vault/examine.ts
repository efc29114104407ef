/** What there is for using Vault and OpenBao: an address and a token. Nothing is contacted. */

import { readSettings } from '../../services/vault/settings.js';
import type { Host } from '../../util/host/host.js';
import { absent, also, faulty, found, type KeyFinding } from '../finding.js';

export async function examineHcVault(host: Host): Promise<KeyFinding[]> {
  const { VAULT_ADDR: address, VAULT_TOKEN: token } = host.env;
  try {
    const settings = await readSettings(host);
    const place = token ? 'VAULT_TOKEN' : '~/.vault-token';
    return [
      settings.token === ''
        ? absent('VAULT_TOKEN, ~/.vault-token')
        : found(place, { detail: 'a token', ...scope(address) }),
      address ? also('VAULT_ADDR', { detail: shownAddress(address) }) : absent('VAULT_ADDR'),
      settings.agent === ''
        ? absent('VAULT_AGENT_ADDR')
        : found('VAULT_AGENT_ADDR', { detail: 'asked instead of the server' }),
    ];
  } catch (error) {
    return [faulty('settings of Vault', error)];
  }
}

/** Where the token goes. */
function scope(address: string | undefined): { advice?: string } {
  if (address) return {};
  return { advice: 'It goes to servers named in .sops.yaml only; set VAULT_ADDR for those that a file alone names.' };
}

/** Without what a URL may hold beside its place. */
function shownAddress(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : 'no URL';
}
