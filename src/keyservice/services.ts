/** From flags to the key services of a run. */
import type { Session } from '../util/host.js';
import type { KeyService } from './keyservice.js';
import { LocalKeyService } from './local.js';
import { logged } from './logged-service.js';
import { remembering } from './part-memory.js';
import { RemoteKeyService } from './remote.js';

/** Which key services are asked. */
export interface KeyServiceChoice {
  /** Whether the providers of this machine are used; they come first. */
  readonly enableLocal: boolean;
  /** `tcp://host:port` and `unix:///path`, in the order in which they are asked. */
  readonly uris: readonly string[];
  /** Services that whoever calls the library gives; they come last. */
  readonly others?: readonly KeyService[] | undefined;
}

/**
 * The key services of a run, by default the local one alone; what they open is remembered for the run's other files. Nothing is
 * connected before it is used. A text that is no URI
 * is passed over with a warning, as in SOPS. Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`.
 */
export function keyServicesOf(choice: KeyServiceChoice | undefined, host: Session): KeyService[] {
  const { enableLocal, uris, others = [] } = choice ?? { enableLocal: true, uris: [] };
  const services: KeyService[] = enableLocal ? [localService(host)] : [];
  for (const uri of uris) {
    if (URL.canParse(uri)) services.push(remoteService(uri, host));
    else host.warn(`Error parsing URI for keyservice, skipping: ${JSON.stringify(uri)} is not like tcp://host:port`);
  }
  return [...services, ...others];
}

function localService(host: Session): KeyService {
  return logged(remembering(new LocalKeyService(host), 'local', host), host.log);
}

/** The service tells itself what it used; here only that it is asked. */
function remoteService(uri: string, host: Session): KeyService {
  const fields = { address: uri };
  host.log?.({ component: 'CMD', level: 'info', message: 'Connecting to key service', fields });
  return { ...remembering(new RemoteKeyService(uri, host), uri, host), log: host.log };
}
