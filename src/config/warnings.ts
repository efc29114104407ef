/** Warnings of the configuration, each given once per run however many files are worked on. */
import type { Host } from '../util/host.js';

const given = new WeakMap<Host, Set<string>>();

/** Warns unless this host was already told the same. */
export function warnOnce(host: Host, message: string): void {
  const messages = given.get(host) ?? new Set<string>();
  given.set(host, messages);
  if (messages.has(message)) return;
  messages.add(message);
  host.warn(message);
}
