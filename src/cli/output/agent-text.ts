/** How the key agent is, in words. */
import type { GuardState } from '../../exec/memory-guards.js';
import type { AgentStatus } from '../../keyservice/agent/messages.js';
import type { AgentSocket } from '../../util/host/host.js';
import { shownDuration } from '../../util/text/duration.js';

const CORE_DUMPS: Readonly<Record<GuardState, string>> = {
  off: 'none, should it crash',
  possible: 'possible, should it crash: prlimit of util-linux is not there',
  unknown: 'as the system has it, which does not tell',
};
const SWAP: Readonly<Record<GuardState, string>> = {
  off: 'its memory is not swapped',
  possible: 'its memory may be swapped: see docs/agent.md for a service that is not',
  unknown: 'as the system has it, which does not tell',
};

export function agentText({ socket }: AgentSocket, status: AgentStatus): string {
  const { pid, since, kept, idle, lifetime, guards } = status;
  const rows = [
    ['agent', `process ${pid}, since ${since}`],
    ['socket', socket],
    ['data keys', String(kept)],
    ['forgotten', `after ${shownDuration(idle)} unused, and ${shownDuration(lifetime)} in any case`],
    ['core dumps', CORE_DUMPS[guards.coreDumps]],
    ['swap', SWAP[guards.swap]],
  ];
  return rows.map(([name, text]) => `${`${name}:`.padEnd(12)}${text}\n`).join('');
}
