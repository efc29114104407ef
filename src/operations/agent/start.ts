/** `agent start`: an agent that goes on in the background, unless one answers already. */
import { SopsError } from '../../errors.js';
import { startDetached } from '../../exec/detached.js';
import { AgentClient } from '../../keyservice/agent/client.js';
import type { AgentSocket, Host } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';

export interface StartAgentRequest {
  readonly place: AgentSocket;
  /** The program that `agent run` is given to, with its first words, and the flags of that. */
  readonly program: readonly string[];
  readonly flags: readonly string[];
}

/** What has Node do something else than running the program. */
const NOT_FOR_AGENTS = ['NODE_OPTIONS', 'NODE_V8_COVERAGE'];
export const READY_WORDS = 'The key agent answers at';

/** True when it was started, false when one answered already. Throws `failed`. */
export async function startAgent(request: StartAgentRequest, host: Host): Promise<boolean> {
  const running = await AgentClient.connect(request.place);
  running?.close();
  if (running) return false;
  const env = { ...host.env, ...Object.fromEntries(NOT_FOR_AGENTS.map((name) => [name, undefined])) };
  const { program, flags } = request;
  const [file = '', ...words] = program;
  const run = { file, args: [...words, 'agent', 'run', ...flags], env };
  try {
    await startDetached(run, (line) => line.startsWith(READY_WORDS));
    return true;
  } catch (cause) {
    const reason = isError(cause) ? cause.message : String(cause);
    throw new SopsError('failed', `the key agent did not start: ${reason}`, { cause });
  }
}
