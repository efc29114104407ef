/** What flags say about a store, by the names of the flags. */
import { SopsError } from '../../errors.js';

/** What may be said about a store; each is the name of a flag. */
export type SettingName =
  | 'server'
  | 'mount'
  | 'kv-version'
  | 'vault-namespace'
  | 'auth-mount'
  | 'role'
  | 'region'
  | 'prefix'
  | 'project'
  | 'location'
  | 'vault-url'
  | 'tenant'
  | 'client-id'
  | 'environment'
  | 'auth'
  | 'authority'
  | 'username'
  | 'credentials'
  | 'service-account'
  | 'cluster-name'
  | 'cluster-location'
  | 'remote-namespace';

/** What may be said about an object that names a store. */
export type PolicyName =
  | 'refresh-interval'
  | 'refresh-policy'
  | 'creation-policy'
  | 'update-policy'
  | 'deletion-policy';

export class Settings<Name extends SettingName | PolicyName = SettingName> {
  readonly #values: ReadonlyMap<string, string>;
  readonly #store: string;

  /** Whether the log-in is written down field by field, so that none is to be made up. */
  readonly hasOwnLogin: boolean;

  /** `values` by flag; those that a store does not know are refused. Throws `usage`. */
  constructor(
    store: string,
    known: readonly string[],
    values: ReadonlyMap<string, string>,
    sets: readonly { readonly path: readonly string[] }[] = [],
  ) {
    this.#values = values;
    this.hasOwnLogin = sets.some(({ path: [first = ''] }) => /^(?:auth|identityId|serviceAccountRef)/.test(first));
    this.#store = store;
    const foreign = [...values.keys()].find((name) => !known.includes(name));
    if (foreign === undefined) return;
    throw usage(`--${foreign} says nothing about a store of ${store}`, `It takes ${known.map(dashed).join(', ')}.`);
  }

  text(name: Name): string | undefined {
    return this.#values.get(name);
  }

  /** Throws `usage` when it is missing. */
  required(name: Name, why = `a store of ${this.#store} needs it`): string {
    const found = this.#values.get(name);
    if (found === undefined) throw usage(`--${name} is missing: ${why}`);
    return found;
  }

  /** One of some words. Throws `usage` for another. */
  choice<Word extends string>(name: Name, words: readonly Word[]): Word | undefined {
    const found = this.#values.get(name);
    if (found === undefined) return undefined;
    const word = words.find((candidate) => candidate.toLowerCase() === found.toLowerCase());
    if (word !== undefined) return word;
    throw usage(`${JSON.stringify(found)} is not for --${name}`, `It can be ${words.join(', ')}.`);
  }

  /** An https URL without query and fragment, or http where a store may be reached so. Throws `usage`. */
  url(name: Name, schemes: readonly string[] = ['https:']): string {
    const text = this.required(name);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && schemes.includes(url.protocol) && url.username === '' && url.search === '' && url.hash === '')
      return text;
    throw usage(`--${name} must be a URL like ${schemes[0]}//host, without a password`);
  }
}

/** What `--service-account` and `--credentials` say. Throws `usage` where both are given. */
export function accountOrSecret(settings: Settings) {
  const [account, credentials] = [settings.text('service-account'), settings.text('credentials')];
  if (account === undefined || credentials === undefined) return { account, credentials };
  throw usage('--credentials and --service-account are two ways to log in: choose one');
}

export function usage(message: string, hint?: string): SopsError {
  return new SopsError('usage', `Incorrect Usage: ${message}`, hint === undefined ? {} : { hint });
}

function dashed(name: string): string {
  return `--${name}`;
}
