/** Warnings of the configuration, each given once per run however many files are worked on. */
import type { Session } from '../util/host.js';

const GIVEN = Symbol('warnings given');

/** Those messages that are not to be told in this run, since they were; the others count as told from now on. */
export function untoldOnce(host: Session, messages: readonly string[]): string[] {
  const given = host.once(GIVEN, () => new Set<string>());
  const fresh = messages.filter((message) => !given.has(message));
  for (const message of fresh) given.add(message);
  return fresh;
}

/** Which of some messages are those that {@link warnOnce} has given. */
export function givenOnce(host: Session, messages: readonly string[]): string[] {
  const given = host.once(GIVEN, () => new Set<string>());
  return messages.filter((message) => given.has(message));
}

/** Warns unless this run has done so in the same words. */
export function warnOnce(host: Session, message: string): void {
  for (const fresh of untoldOnce(host, [message])) host.warn(fresh);
}
