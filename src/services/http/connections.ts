/** Connections that stay open for the next request to the same server: a handshake takes several times as long as an answer. */
import type { Agent, AgentOptions } from 'node:http';

/** The module for a protocol, as far as it is used here. */
interface Protocol {
  readonly Agent: new (options: AgentOptions) => Agent;
}

/** Some more than are asked at a time of one store. */
const MOST_IDLE = 16;
/** Servers close what is not used for some seconds, and so does this side, so that seldom both do at a time. */
const IDLE_MS = 4000;

const AGENTS = new Map<Protocol, Agent>();

/** What keeps them, apart by server and by all that a connection was made with (authorities, client's certificate). An idle one keeps no process alive. */
export function keptConnections(protocol: Protocol): Agent {
  const agent =
    AGENTS.get(protocol) ?? new protocol.Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE, timeout: IDLE_MS });
  AGENTS.set(protocol, agent);
  return agent;
}
