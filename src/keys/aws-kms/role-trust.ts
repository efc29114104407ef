/** Which roles may be assumed: a file's metadata alone does not decide who acts in the user's name (design.md section 1.5). */
import type { Host } from '../../util/host.js';
import { checkTarget, type NamedKey, trustedKeys } from '../trust.js';
import { splitRole } from './arn.js';

/** Throws `key` for a role that neither the user's keys nor the allow list names. */
export function checkRole(role: string, type: string, host: Host): void {
  checkTarget(
    {
      called: `the role ${role}`,
      variable: 'SOPS_AWS_ROLE_ALLOWLIST',
      entry: role,
      covers: (entry) => entry === role,
      isChosen: () => {
        const named = [...trustedKeys(host, type), host.env.SOPS_KMS_ARN ?? ''];
        return named.some((key) => rolesOf(key).includes(role));
      },
      advice: 'Name it with the key in .sops.yaml or SOPS_KMS_ARN',
    },
    host,
  );
}

function rolesOf(key: NamedKey): string[] {
  if (typeof key === 'string') return key.split(',').map((item) => splitRole(item.replaceAll(' ', '')).role);
  const role = key.get('role');
  return typeof role === 'string' ? [role] : [];
}
