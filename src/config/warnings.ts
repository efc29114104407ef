/** Warnings of the configuration, each given once per run however many files are worked on. */
import type { Session } from '../util/host.js';

const GIVEN = Symbol('warnings given');

/** Warns unless this run has done so in the same words. */
export function warnOnce(host: Session, message: string): void {
  const messages = host.once(GIVEN, () => new Set<string>());
  if (messages.has(message)) return;
  messages.add(message);
  host.warn(message);
}
