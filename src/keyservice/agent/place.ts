/** Where the key agent of a user answers (docs/agent.md#where-it-answers). */
import { join } from 'node:path';
import type { AgentSocket } from '../../util/host/host.js';

export const AGENT_VARIABLE = 'SOPS_TS_AGENT';
const NAME = 'agent.sock';

/** Whose agent is meant. */
export interface AgentUser {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Undefined on Windows, which has no sockets that are closed to others. */
  readonly userId: number | undefined;
}

/** The place of the user's agent, whether one runs or not; undefined where there can be none, or `SOPS_TS_AGENT=0` says so. */
export function agentPlaceOf({ env, platform, userId }: AgentUser): AgentSocket | undefined {
  const named = env[AGENT_VARIABLE];
  if (userId === undefined || platform === 'win32' || named === '0') return undefined;
  if (named?.startsWith('/')) return { socket: named, userId };
  const folder = env.XDG_RUNTIME_DIR
    ? join(env.XDG_RUNTIME_DIR, 'sops-ts')
    : join(env.TMPDIR || '/tmp', `sops-ts-${userId}`);
  return { socket: join(folder, NAME), userId };
}

/** What SOPS calls the place. */
export function agentUri({ socket }: AgentSocket): string {
  return `unix://${socket}`;
}
