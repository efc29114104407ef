/** What the commands of the key agent have in common: its place, the shell's code, durations. */
import { SopsError } from '../errors.js';
import { agentPlaceOf, agentUri } from '../keyservice/agent/place.js';
import type { AgentSocket } from '../util/host/host.js';
import { parseDuration } from '../util/text/duration.js';
import type { Streams } from './terminal/streams.js';
import { UsageError } from './words/usage-error.js';

/** Throws `failed` where there can be none. */
export function agentPlace({ env, platform }: Streams): AgentSocket {
  const place = agentPlaceOf({ env, platform, userId: process.geteuid?.() });
  if (place) return place;
  throw new SopsError('failed', 'there is no key agent here', {
    hint:
      env.SOPS_TS_AGENT === '0'
        ? 'SOPS_TS_AGENT=0 leaves it out.'
        : 'Windows has no sockets that are closed to other users.',
  });
}

/** A duration in milliseconds, above zero. Throws `usage`. */
export function durationOf(text: string, flag: string, command: string): number {
  const duration = parseDuration(text);
  if (duration) return duration;
  throw new UsageError(`--${flag} takes a duration, e.g. 90s, 30m or 8h`, command);
}

/** How a shell sets variables, and takes them away. */
interface ShellCode {
  set(name: string, value: string): string;
  unset(name: string): string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const SHELLS: ReadonlyMap<string, ShellCode> = new Map<string, ShellCode>([
  [
    'sh',
    {
      set: (name, value) => `${name}=${quoted(value)}; export ${name};`,
      unset: (name) => `unset ${name};`,
    },
  ],
  [
    'fish',
    {
      set: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}';`,
      unset: (name) => `set -e ${name};`,
    },
  ],
  [
    'powershell',
    {
      set: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
      unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    },
  ],
]);

export const SHELL_NAMES = [...SHELLS.keys()];

/** The shell that is asked for, else the user's. Throws `usage` for one that is not known. */
function shellOf(named: string | undefined, { env }: Streams, command: string): ShellCode {
  const name = named ?? (/(?:^|\/)fish$/.test(env.SHELL ?? '') ? 'fish' : 'sh');
  const shell = SHELLS.get(name);
  if (shell) return shell;
  throw new UsageError(`--shell takes ${SHELL_NAMES.join(', ')}`, command);
}

const VARIABLES = ['SOPS_TS_AGENT', 'SOPS_KEYSERVICE', 'SOPS_ENABLE_LOCAL_KEYSERVICE'] as const;

/** What has SOPS ask the agent, and nobody else, in the shell that runs it. */
export function settingCode(place: AgentSocket, named: string | undefined, streams: Streams): string {
  const shell = shellOf(named, streams, 'agent start');
  const values = [place.socket, agentUri(place), 'false'];
  return VARIABLES.map((name, at) => `${shell.set(name, values[at] ?? '')}\n`).join('');
}

/** What takes that back. */
export function unsettingCode(named: string | undefined, streams: Streams): string {
  const shell = shellOf(named, streams, 'agent stop');
  return VARIABLES.map((name) => `${shell.unset(name)}\n`).join('');
}
