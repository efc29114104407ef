/** What every call of a service is given by whoever makes it. */
import type { Session } from '../util/host/host.js';

export interface ServiceCall {
  readonly host: Session;
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal | undefined;
}
