/** Which roles may be assumed: a file's metadata alone does not decide who acts in the user's name (docs/security.md#whom-credentials-go-to). */
import type { Session } from '../../util/host/host.js';
import { checkTarget, type NamedKey, NO_CREDENTIALS } from '../trust.js';
import { splitRole } from './arn.js';

/** Throws `key` for a role that neither the user's keys nor the allow list nor a trusted configuration names. */
export function checkRole(role: string, type: string, host: Session, signal?: AbortSignal): Promise<void> {
  const isListed = (named: NamedKey): boolean => rolesOf(named).includes(role);
  return checkTarget(
    {
      type,
      called: calledRole(role),
      variable: 'SOPS_AWS_ROLE_ALLOWLIST',
      entry: role,
      covers: (entry) => entry === role,
      isChosen: () => isListed(host.env.SOPS_KMS_ARN ?? ''),
      isNamedBy: isListed,
      refusal: NO_CREDENTIALS,
      advice: 'name it with the key in SOPS_KMS_ARN',
    },
    host,
    signal,
  );
}

/** How messages call a role. */
export function calledRole(role: string): string {
  return `the role ${role}`;
}

/** The roles that a user's key names; empty texts where it names none. */
export function rolesOf(key: NamedKey): string[] {
  if (typeof key === 'string') return key.split(',').map((item) => splitRole(item.replaceAll(' ', '')).role);
  const role = key.get('role');
  return typeof role === 'string' ? [role] : [];
}
