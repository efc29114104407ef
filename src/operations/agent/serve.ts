/** `agent run`: keeps what keys opened, for a time, and uses keys for those who speak SOPS's protocol. */
import { askThroughProgram } from '../../exec/askpass.js';
import { guardMemory, memoryGuards } from '../../exec/memory-guards.js';
import { ENDING_SIGNALS, type OwnProcess } from '../../exec/process-access.js';
import { keepingService } from '../../keyservice/agent/keeping-service.js';
import { agentUri } from '../../keyservice/agent/place.js';
import { type AgentServer, type AgentServerOptions, serveAgent } from '../../keyservice/agent/server.js';
import { PartMemory } from '../../keyservice/part-memory.js';
import { answerKeys } from '../../keyservice/server.js';
import { openReadingRun, type Run } from '../../run/run.js';
import type { AgentSocket, Host } from '../../util/host/host.js';
import { type Clock, SYSTEM_CLOCK } from '../../util/waiting/clock.js';

export interface ServeAgentRequest {
  readonly place: AgentSocket;
  /** See `AgentServerOptions`. */
  readonly descriptor?: number | undefined;
  /** Milliseconds without being asked for after which a data key is forgotten. */
  readonly idle: number;
  /** Milliseconds after which it is forgotten in any case. */
  readonly lifetime: number;
  readonly configPath?: string | undefined;
  /** For tests. */
  readonly clock?: Clock;
}

/** How an agent came to its end: somebody had it stop, a signal did, or there was one already. */
export type AgentEnd = 'stopped' | 'signalled' | 'running';

/** Data keys at a time: more files than anybody works with in a day. */
const MOST_PARTS = 10_000;
/** Data keys whose time is over are wiped so often, in milliseconds; those whose time is short more often. */
const LONGEST_SWEEP = 10_000;
const SHORTEST_SWEEP = 50;

/** Serves until it is told to end. `ready` is called with the agent's URI once it answers. Throws as `serveAgent` does. */
export async function serveUntilTold(
  request: ServeAgentRequest,
  own: OwnProcess,
  host: Host,
  ready: (uri: string) => void,
): Promise<AgentEnd> {
  await guardMemory(own.pid, host);
  const memory = new PartMemory({ ...request, most: MOST_PARTS }, request.clock ?? SYSTEM_CLOCK);
  const { ended, listening } = listenForSignals(own);
  try {
    const agent = await serveAgent(await optionsOf(request, memory, own, host));
    if (!agent) return 'running';
    ready(agentUri(request.place));
    return await untilEnd(agent, memory, request, ended);
  } finally {
    memory.forgetAll();
    listening();
  }
}

async function untilEnd(
  agent: AgentServer,
  memory: PartMemory,
  { idle, lifetime }: ServeAgentRequest,
  signalled: Promise<void>,
): Promise<AgentEnd> {
  const pause = Math.max(SHORTEST_SWEEP, Math.min(LONGEST_SWEEP, idle / 4, lifetime / 4));
  const sweeping = setInterval(() => memory.sweep(), pause);
  try {
    const stopped = agent.stopped.then(() => 'stopped' as const);
    return await Promise.race([stopped, signalled.then(() => 'signalled' as const)]);
  } finally {
    clearInterval(sweeping);
    memory.forgetAll();
    await agent.close();
  }
}

/** SIGUSR1 would have Node open a debugger, which others could speak to. */
function listenForSignals(own: OwnProcess): { readonly ended: Promise<void>; listening(): void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((settle) => {
    end = settle;
  });
  const offs = [own.onSignals(ENDING_SIGNALS, () => end()), own.onSignals(['SIGUSR1'], () => undefined)];
  return { ended, listening: () => offs.forEach((off) => void off()) };
}

async function optionsOf(
  request: ServeAgentRequest,
  memory: PartMemory,
  own: OwnProcess,
  host: Host,
): Promise<AgentServerOptions> {
  // Only for the addresses that the rules of the configuration name.
  const run = await openReadingRun({ configPath: request.configPath }, host);
  const { idle, lifetime, place, descriptor } = request;
  const since = new Date().toISOString();
  const note: AgentServerOptions['controls']['note'] = async (action, label) => host.audit?.record(action, label);
  return {
    place,
    descriptor,
    controls: {
      memory,
      note,
      status: () => ({ pid: own.pid, since, kept: memory.size, idle, lifetime, guards: memoryGuards() }),
      lock: () => memory.forgetAll(),
    },
    connections: () =>
      answerKeys({
        host: () => unattended(run),
        through: (service) => keepingService(service, { memory, note }),
        ...(host.log ? { log: (message: string) => host.log?.({ component: 'AGENT', level: 'info', message }) } : {}),
      }),
    warn: (message) => host.warn(message),
  };
}

/** The surroundings of a request: nobody is at a terminal of the agent's, but a program may ask. Nothing is remembered of the request before. */
function unattended(run: Run): Run {
  return run.fork({ confirm: undefined, agent: undefined, askSecret: (prompt) => askThroughProgram(prompt, run) });
}
