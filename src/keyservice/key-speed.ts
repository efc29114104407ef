/** What a run has learnt of how fast its keys are. */
import type { Session } from '../util/host/host.js';

export interface KeySpeed {
  /** The least time that using a key of this machine took, in milliseconds; infinite while none was used. */
  quickest: number;
  /** Whether a service was asked to use a key. */
  asksService: boolean;
}

const SPEED = Symbol('speed of keys');

export function keySpeedOf(host: Session): KeySpeed {
  return host.once(SPEED, () => ({ quickest: Number.POSITIVE_INFINITY, asksService: false }));
}
