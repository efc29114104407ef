/** `agent status`, `agent lock` and `agent stop`: what is said to an agent that answers. */
import { SopsError } from '../../errors.js';
import { AgentClient } from '../../keyservice/agent/client.js';
import type { AgentStatus } from '../../keyservice/agent/messages.js';
import type { AgentSocket } from '../../util/host/host.js';

/** How the agent is. Throws `failed` when none answers. */
export function agentStatus(place: AgentSocket): Promise<AgentStatus> {
  return asking(place, (client) => client.status());
}

/** Has it forget all; how many data keys there were. Throws `failed` when none answers. */
export function lockAgent(place: AgentSocket): Promise<number> {
  return asking(place, (client) => client.lock());
}

/** Has it end; false when none answers. */
export async function stopAgent(place: AgentSocket): Promise<boolean> {
  const client = await AgentClient.connect(place);
  await client?.stop().finally(() => client.close());
  return client !== null;
}

async function asking<T>(place: AgentSocket, ask: (client: AgentClient) => Promise<T>): Promise<T> {
  const client = await AgentClient.connect(place);
  if (!client) throw noAgent(place);
  return ask(client).finally(() => client.close());
}

export function noAgent({ socket }: AgentSocket): SopsError {
  return new SopsError('failed', `no key agent answers at ${socket}`, {
    hint: 'Start one: eval "$(sops-ts agent start)"',
  });
}
