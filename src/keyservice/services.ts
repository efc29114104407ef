/** From flags to the key services of a run. */
import { existsSync } from '../util/files/fs.js';
import type { AgentSocket, Session } from '../util/host/host.js';
import type { AgentAsker } from './agent/through-agent.js';
import type { KeyService } from './keyservice.js';
import { LocalKeyService } from './local.js';
import { logged } from './logged-service.js';
import { remembering } from './remembering.js';
import { RemoteKeyService } from './remote.js';

/** Which key services are asked. */
export interface KeyServiceChoice {
  /** Whether the providers of this machine are used; they come first. */
  readonly enableLocal: boolean;
  /** `tcp://host:port` and `unix:///path`, in the order in which they are asked. */
  readonly uris: readonly string[];
  /** Services that whoever calls the library gives; they come last. */
  readonly others?: readonly KeyService[] | undefined;
  /** Whether the user's agent is left out. */
  readonly withoutAgent?: boolean;
}

/** What those who start the agent with `eval` have in their environment, so that SOPS asks it alone. */
const AGENT_ENVIRONMENT = ['SOPS_TS_AGENT', 'SOPS_KEYSERVICE', 'SOPS_ENABLE_LOCAL_KEYSERVICE'] as const;

/**
 * The key services of a run, by default the local one alone; what they open is remembered for the run's other files. Nothing is
 * connected before it is used. A text that is not a URI
 * is passed over with a warning, as in SOPS. Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`.
 */
export function keyServicesOf(choice: KeyServiceChoice | undefined, host: Session): KeyService[] {
  const { enableLocal, uris, others = [], withoutAgent = false } = choice ?? { enableLocal: true, uris: [] };
  const agent = withoutAgent ? undefined : host.agent;
  const services: KeyService[] = enableLocal || isSetForAgent(host) ? [localService(host, agent)] : [];
  for (const uri of uris) {
    if (withoutAgent && host.agent && uri === `unix://${host.agent.socket}`) continue;
    if (URL.canParse(uri)) services.push(remoteService(uri, host));
    else host.warn(`Error parsing URI for keyservice, skipping: ${JSON.stringify(uri)} is not like tcp://host:port`);
  }
  return [...services, ...others];
}

/**
 * Whether the local keys are off only because `sops-ts agent start` has SOPS leave them to the agent. This program leaves to it what it keeps, and
 * opens the rest itself, where somebody can be asked.
 */
function isSetForAgent({ env, calledAsSops }: Session): boolean {
  const [socket, uri, isLocalOn] = AGENT_ENVIRONMENT.map((name) => env[name]);
  return !calledAsSops && Boolean(socket) && uri === `unix://${socket}` && isLocalOn === 'false';
}

function localService(host: Session, agent: AgentSocket | undefined): KeyService {
  const local = new LocalKeyService(host);
  if (!agent || !existsSync(agent.socket)) return logged(remembering(local, 'local', host), host.log);
  const asker = async (): Promise<AgentAsker> => {
    const { AgentAsker } = await import('./agent/through-agent.js');
    return new AgentAsker(agent, host);
  };
  const behind: KeyService = {
    wrap: (key, part) => local.wrap(key, part),
    unwrap: async (key, signal) => (await asker()).unwrap(local, key, signal),
  };
  return {
    ...logged(remembering(behind, 'local', host), host.log),
    recall: async (keys) => (await asker()).recall(keys),
  };
}

/** The service tells itself what it used; here only that it is asked. */
function remoteService(uri: string, host: Session): KeyService {
  const fields = { address: uri };
  host.log?.({ component: 'CMD', level: 'info', message: 'Connecting to key service', fields });
  return { ...remembering(new RemoteKeyService(uri, host), uri, host), log: host.log };
}
