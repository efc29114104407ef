/**
 * Whom the user's credentials may go to. What a file's metadata names is an attacker's input (design.md section 1.5): an
 * address, role or plug-in of a file counts only if the user named it too, or allowed it.
 */
import { SopsError } from '../errors.js';
import type { Host } from '../util/host.js';
import { withoutSurrounding } from '../util/trim.js';
import type { KeyFields } from './provider.js';

/** A key as a user names it: text of a flag, variable or rule (several with commas), or an entry by its field names in files. */
export type NamedKey = string | KeyFields;

/** By run, what its user named; a run is told by its host. */
const named = new WeakMap<Host, Map<string, NamedKey[]>>();

/**
 * Remembers for a run that its user named keys of a type. Called by providers from `parse` and by operations for the rules of
 * the nearest `.sops.yaml`; never with anything that stands in an encrypted file.
 */
export function trustKeys(host: Host, type: string, keys: Iterable<NamedKey>): void {
  const types = named.get(host) ?? new Map<string, NamedKey[]>();
  named.set(host, types);
  const list = types.get(type) ?? [];
  types.set(type, list);
  for (const key of keys) list.push(key);
}

/** The keys of a type that the user named in this run. */
export function trustedKeys(host: Host, type: string): readonly NamedKey[] {
  return named.get(host)?.get(type) ?? [];
}

/** Whether the user named a key whose text is this one, as for age recipients and their plug-ins. */
export function isNamedKey(host: Host, type: string, text: string): boolean {
  return trustedKeys(host, type).some((key) => {
    return typeof key === 'string'
      ? key.split(',').some((one) => one.trim() === text)
      : [...key.values()].includes(text);
  });
}

/** Something of a key that the user's credentials would go to. */
export interface Target {
  /** How messages call it, with its text, e.g. `the Vault address https://vault.example`. */
  readonly called: string;
  /** The variable with the user's allow list. */
  readonly variable: string;
  /** Its text as an entry of that list. */
  readonly entry: string;
  /** Whether an entry of the list means it. */
  covers(entry: string): boolean;
  /** Whether the user chose it by other means; asked only when there is no allow list. */
  isChosen(): boolean;
  /** How the user could choose it, other than by the list: the beginning of a sentence. */
  readonly advice: string;
}

/**
 * Refuses a target that the user neither chose nor allowed. The allow list, when set, is the whole answer, as in SOPS: `all`,
 * `none`, or entries separated by commas. Throws `key`.
 */
export function checkTarget(target: Target, host: Host): void {
  const list = host.env[target.variable];
  if (list) {
    if (listCovers(list, target)) return;
    throw new SopsError('key', `Allowlist does not allow ${target.entry}`, {
      hint: `${target.variable} decides; list it there if you trust it.`,
    });
  }
  if (target.isChosen()) return;
  throw new SopsError('key', `${target.called} is named by the file only, so your credentials are not used with it`, {
    // It is not quoted: a user may copy the line into a shell, and the text is the file's.
    hint: `${target.advice}, or list it in ${target.variable} (the word all lists everything, as SOPS does).`,
  });
}

function listCovers(list: string, target: Target): boolean {
  if (list === 'all' || list === 'none') return list === 'all';
  const entries = list.split(',').map((entry) => withoutSurrounding(entry, ' '));
  const empty = entries.indexOf('');
  if (empty >= 0) throw new SopsError('key', `${target.variable}'s entry ${empty + 1} is empty`);
  return entries.some((entry) => target.covers(entry));
}
