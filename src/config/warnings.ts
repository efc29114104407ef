/** Warnings of the configuration, each given once per run however many files are worked on. */
import type { Session } from '../util/host/host.js';

const GIVEN = Symbol('warnings given');

function givenIn(host: Session): Set<string> {
  return host.once(GIVEN, () => new Set<string>());
}

/** Those messages that this run has not given; they count as given from now on. */
export function untoldOnce(host: Session, messages: readonly string[]): string[] {
  const given = givenIn(host);
  const fresh = messages.filter((message) => !given.has(message));
  for (const message of fresh) given.add(message);
  return fresh;
}

/** Tells of what another process of this run warned of whether it is to be said; `once` are the messages that it gives once. Called once for each file. */
export function isUntold(host: Session, once: readonly string[]): (message: string) => boolean {
  const untold = untoldOnce(host, once);
  return (message) => !once.includes(message) || untold.includes(message);
}

/** Which of some messages are those that {@link warnOnce} has given. */
export function givenOnce(host: Session, messages: readonly string[]): string[] {
  const given = givenIn(host);
  return messages.filter((message) => given.has(message));
}

/** Warns unless this run has done so in the same words. */
export function warnOnce(host: Session, message: string): void {
  for (const fresh of untoldOnce(host, [message])) host.warn(fresh);
}
