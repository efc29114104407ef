/**
 * Whom the user's credentials may go to. What a file's metadata names is an attacker's input (docs/security.md#whom-credentials-go-to), and so is a
 * configuration that came with it: an address, role or plug-in counts only if the user named it, allowed it, or trusts the
 * configuration that names it.
 */
import { SopsError } from '../errors.js';
import type { Session } from '../util/host/host.js';
import { withoutSurrounding } from '../util/text/trim.js';
import type { KeyFields } from './provider.js';

/** A key as a user names it: text of a flag, variable or rule (several with commas), or an entry by its field names in files. */
export type NamedKey = string | KeyFields;

/** A configuration, as far as it says whom the user's credentials may go to. */
export interface Witness {
  /** Its path as the user is to see it. */
  readonly path: string;
  /**
   * Whether the user trusts it; `called` is what that is needed for. Called only then. It may ask the user, and stops asking when the
   * signal is aborted.
   */
  vouches(called: string, signal?: AbortSignal): Promise<boolean>;
}

interface Named {
  readonly key: NamedKey;
  /** The configuration that names it; undefined where the user did, by a flag or variable. */
  readonly witness: Witness | undefined;
}

/** What was named in a run, by type. */
const NAMED = Symbol('named keys');

/**
 * Remembers for a run that its user named keys of a type, by flags or variables. Never called with anything that stands in a file:
 * neither in an encrypted one nor in a configuration.
 */
export function trustKeys(host: Session, type: string, keys: Iterable<NamedKey>): void {
  remember(host, type, keys, undefined);
}

/** Remembers for a run that rules of a configuration name keys of a type; they are trusted as far as it is. */
export function noteKeys(host: Session, type: string, keys: Iterable<NamedKey>, witness: Witness): void {
  remember(host, type, keys, witness);
}

function remember(host: Session, type: string, keys: Iterable<NamedKey>, witness: Witness | undefined): void {
  const types = typesOf(host);
  const list = types.get(type) ?? [];
  types.set(type, list);
  for (const key of keys) list.push({ key, witness });
}

/** The keys of a type that the user named in this run, other than by a configuration. */
export function trustedKeys(host: Session, type: string): readonly NamedKey[] {
  return namesOf(host, type).flatMap(({ key, witness }) => (witness === undefined ? [key] : []));
}

/** All keys of a type that were named in this run outside of encrypted files, trusted or not. */
export function namedKeys(host: Session, type: string): readonly NamedKey[] {
  return namesOf(host, type).map(({ key }) => key);
}

function namesOf(host: Session, type: string): readonly Named[] {
  return typesOf(host).get(type) ?? [];
}

function typesOf(host: Session): Map<string, Named[]> {
  return host.once(NAMED, () => new Map<string, Named[]>());
}

/** Something of a key that the user's credentials would go to, or a program that it would start. */
export interface TrustTarget {
  /** The type of keys under which it is named. */
  readonly type: string;
  /** How messages call it, with its text, e.g. `the Vault address https://vault.example`. */
  readonly called: string;
  /** The variable with the user's allow list. */
  readonly variable: string;
  /** Its text as an entry of that list. */
  readonly entry: string;
  /** Whether an entry of the list means it. */
  covers(entry: string): boolean;
  /** Whether the user's surroundings choose it; asked only when the allow list does not name it. */
  isChosen(): boolean | Promise<boolean>;
  /** Whether a key that was named means it. */
  isNamedBy(key: NamedKey): boolean;
  /** What becomes of it when it is refused, for messages. */
  readonly refusal: string;
  /** How the user could choose it, other than by a list or a configuration, after `If you trust it,`. */
  readonly advice: string;
  /** Whether the list only adds to what is allowed, where SOPS has none. */
  readonly listOnlyAdds?: boolean;
}

/** What becomes of an address or role that is refused. */
export const NO_CREDENTIALS = 'your credentials are not used with it';

/**
 * Refuses a target that the user neither chose nor allowed, nor trusts the configuration that names it: any one of the three is enough. An
 * allow list is `all`, `none`, or entries separated by commas; `none` forbids whatever else allows, and where the program is called as
 * `sops` a list is the whole answer, as in SOPS. `SOPS_TS_TRUST=all` allows what nothing forbids. Where there is a terminal the user may be
 * asked whether a configuration is to be trusted. Throws `key`.
 */
export async function checkTarget(target: TrustTarget, host: Session, signal?: AbortSignal): Promise<void> {
  const list = host.env[target.variable];
  if (list && listCovers(list, target)) return;
  const isListed = Boolean(list) && !target.listOnlyAdds;
  if (isListed && (list === 'none' || host.calledAsSops)) {
    throw notListed(target, `${target.variable} decides; list it there if you trust it.`);
  }
  const names = namesOf(host, target.type).filter(({ key }) => target.isNamedBy(key));
  if (names.some(({ witness }) => witness === undefined)) return;
  if (host.env.SOPS_TS_TRUST === 'all' || (await target.isChosen())) return;
  const witnesses = [...new Set(names.flatMap(({ witness }) => witness ?? []))];
  for (const witness of witnesses) if (await witness.vouches(target.called, signal)) return;
  const error = refused(target, witnesses[0]);
  throw isListed && error.hint !== undefined ? notListed(target, error.hint) : error;
}

/** In SOPS's words. */
function notListed({ entry }: TrustTarget, hint: string): SopsError {
  return new SopsError('key', `Allowlist does not allow ${entry}`, { hint });
}

/** The texts of a file are not quoted for a shell: a user may copy the line there. */
function refused({ called, variable, advice, refusal }: TrustTarget, witness: Witness | undefined): SopsError {
  if (witness === undefined) {
    return new SopsError('key', `${called} is named by the file only, so ${refusal}`, {
      hint: `If you trust it, ${advice}, name it in .sops.yaml and run sops-ts trust, or list it in ${variable} (the word all lists everything, as SOPS does).`,
    });
  }
  const message = `${called} is named only by ${witness.path}, which you have not trusted as it is now, so ${refusal}`;
  return new SopsError('key', message, {
    hint: `If you trust what it names, run sops-ts trust (from elsewhere: sops-ts trust FILE), ${advice}, or list it in ${variable}.`,
  });
}

function listCovers(list: string, target: TrustTarget): boolean {
  if (list === 'all' || list === 'none') return list === 'all';
  const entries = list.split(',').map((entry) => withoutSurrounding(entry, ' '));
  const empty = entries.indexOf('');
  if (empty >= 0) throw new SopsError('key', `${target.variable}'s entry ${empty + 1} is empty`);
  return entries.some((entry) => target.covers(entry));
}
