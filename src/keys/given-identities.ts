/** What the caller of the library gives to open files with, beside or in place of what the environment has. */
import type { Session } from '../util/host/host.js';

export interface GivenIdentities {
  /** Texts as identity files hold them, or private keys of SSH. */
  readonly age: readonly string[];
  /** Paths of such files. */
  readonly ageFiles: readonly string[];
  /** Armored secret keys of OpenPGP. */
  readonly pgp: readonly string[];
  /** Whether nothing else opens anything: neither other identities of this machine nor the services of clouds. */
  readonly only: boolean;
}

const GIVEN = Symbol('identities that were given');

/** Gives a run its identities. Called once, before anything is opened. */
export function giveIdentities(given: GivenIdentities, host: Session): void {
  host.once(GIVEN, () => given);
}

/** The identities that a run was given; undefined for none. */
export function givenIdentities(host: Session): GivenIdentities | undefined {
  return host.once<GivenIdentities | undefined>(GIVEN, () => undefined);
}
