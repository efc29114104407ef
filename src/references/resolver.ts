/** From references to values: each secret is read once a run, several at a time (docs/references.md). */
import { createHash } from 'node:crypto';
import { SopsError } from '../errors.js';
import { leaves } from '../tree/leaves.js';
import { type Branch, isTimestamp, itemOf, leaf, type Value } from '../tree/tree.js';
import { LastingAnswers } from '../util/waiting/answer-memory.js';
import { Slots } from '../util/waiting/slots.js';
import { type Address, addressOf, shownExpression } from './address.js';
import type { Backend, BackendRow, ReferenceContext } from './backend.js';
import { concealed, concealedError } from './concealed.js';
import { type Expression, expressionsIn } from './expression.js';
import type { Lease, Leases } from './lease.js';
import { backendRow, SCHEMES } from './registry.js';
import { textOfValue } from './value-text.js';

/** Requests that one store gets at a time. */
const MOST_AT_A_TIME = 8;

export interface ResolverOptions extends Omit<ReferenceContext, 'demand' | 'readsEverywhere'> {
  /** The schemes that the user allowed beyond what is safe in a file of somebody else's; `all` for all, as for what the user wrote. */
  readonly allowed: ReadonlySet<string>;
  /** What a configuration allows references of a scheme beyond that, if the user trusts it; absent for nothing. Called before they are read. */
  readonly grants?: ((scheme: string) => Promise<readonly string[] | 'all'>) | undefined;
  /** Leaves `secretref+…` as it is. */
  readonly onlyPlain?: boolean;
  /** Told of every value that a reference leads to. */
  readonly onValue?: (value: Value) => void;
  /** Takes null for a key that a secret does not have, with a warning, instead of failing. */
  readonly nullForMissing?: boolean | undefined;
  /** Given where a run has several resolvers, for files in several folders. */
  readonly shared?: SharedReads;
  /** Told of every secret before it is read: scheme and path, without parameters. A rejection ends the run. */
  readonly note?: (shown: string) => Promise<void>;
}

/** What the resolvers of one run have in common, so that a secret which several files name is read once. */
export class SharedReads {
  readonly backends = new LastingAnswers<Backend>();
  readonly read = new LastingAnswers<string | Branch>();
  readonly slots = new Map<BackendRow, Slots>();
  readonly notes = new LastingAnswers<void>();
}

/** Resolves the references of a run. Whatever they give is never looked at for further references. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #shared: SharedReads;
  /** What was read and may be other some time, by its key. */
  readonly #seen = new Map<string, Seen>();
  readonly #opened: Backend[] = [];
  readonly #grants = new Map<string, readonly string[] | 'all'>();
  /** What references within others gave: values, though they stand in addresses. */
  readonly #inner = new Set<string>();

  /** Throws `usage` for a scheme that the user allows and that is not one. */
  constructor(options: ResolverOptions) {
    for (const scheme of options.allowed) {
      if (scheme === 'all' || SCHEMES.includes(scheme)) continue;
      throw new SopsError('usage', `--allow-ref: ${JSON.stringify(scheme)} is not a scheme of references`, {
        hint: `The schemes are ${SCHEMES.join(', ')}; all stands for all of them.`,
      });
    }
    this.#options = options;
    this.#shared = options.shared ?? new SharedReads();
  }

  /**
   * The value of a text: when it is one reference and nothing else, what that leads to, of whatever type; else the text with scalars in
   * place of its references. Throws SopsError that names the reference without its parameters.
   */
  async value(text: string): Promise<Value> {
    const parts = expressionsIn(text);
    const [first] = parts;
    if (parts.length === 1 && typeof first === 'object') {
      return this.#isLeft(first) ? leaf(text) : this.#valueOf(first);
    }
    return leaf(await this.#textOf(parts));
  }

  /**
   * The first secret that holds something else than when it was last read or looked at, as it is shown; undefined for none. What cannot be read now counts
   * as unchanged.
   */
  async changed(): Promise<string | undefined> {
    for (const backend of this.#opened) backend.forget?.();
    const looked = await Promise.all([...this.#seen.values()].map((one) => this.#hasChanged(one)));
    return looked.find((shown) => shown !== undefined);
  }

  async #hasChanged(seen: Seen): Promise<string | undefined> {
    const { row, address, method, store } = seen;
    try {
      const value = await this.#slotsOf(row).run(async () => {
        const known = await this.#backend(store, row, address);
        const backend = known.forget ? known : await this.#open(row, address);
        return backend[method](address.path);
      });
      const digest = digestOf(value);
      if (digest === seen.digest) return undefined;
      seen.digest = digest;
      return address.shown;
    } catch (error) {
      if (error instanceof SopsError) return undefined;
      throw error;
    }
  }

  /** The text with scalars in place of its references. */
  async text(text: string): Promise<string> {
    return this.#textOf(expressionsIn(text));
  }

  #isLeft({ kind }: Expression): boolean {
    return this.#options.onlyPlain === true && kind === 'secretref';
  }

  async #textOf(parts: readonly (string | Expression)[]): Promise<string> {
    const texts = await allSettledOf(
      parts.map((part) => (typeof part === 'string' ? part : this.#isLeft(part) ? part.text : this.#scalarOf(part))),
    );
    return texts.join('');
  }

  async #scalarOf(expression: Expression): Promise<string> {
    const value = await this.#valueOf(expression);
    const text = value.kind === 'leaf' ? textOfValue(value) : undefined;
    if (text !== undefined) return text;
    const shown = shownExpression(expression);
    const found = value.kind === 'leaf' ? 'null' : value.kind === 'list' ? 'a list' : 'a map';
    throw new SopsError(
      'reference-not-found',
      `the reference ${shown} leads to ${found}, which is not text to put among others`,
      {
        hint: 'Name a value in it with #/KEY, or let the reference be the whole value.',
      },
    );
  }

  async #valueOf(expression: Expression): Promise<Value> {
    const inner = expression.address.filter((part) => typeof part === 'object');
    const values = await allSettledOf(inner.map((part) => this.#scalarOf(part)));
    for (const value of values) this.#inner.add(value);
    const address = addressOf(expression, values);
    try {
      await this.#askGrants(address.scheme);
      const row = this.#rowOf(address);
      if (!row.tellsNobody && inner.some(holdsSecret)) this.#demand(address.scheme, toldPath(row));
      await this.#noted(address, row);
      const value =
        address.keys.length === 0
          ? leaf(await this.#once(row, address, 'text'))
          : this.#valueBelow(await this.#once(row, address, 'values'), address);
      this.#options.onValue?.(value);
      return value;
    } catch (error) {
      throw error instanceof SopsError ? named(concealedError(error, values), address) : error;
    }
  }

  #valueBelow(values: Branch, address: Address): Value {
    const found = valueBelow(values, address);
    if (!('missing' in found)) return found;
    const reason = `no value found for key ${found.missing}`;
    if (!this.#options.nullForMissing) throw new SopsError('reference-not-found', reason);
    this.#warn(`${address.shown}: ${reason}; null is put there`);
    return leaf(null);
  }

  #rowOf(address: Address): BackendRow {
    const row = backendRow(address.scheme);
    if (!row) {
      throw new SopsError('reference-malformed', `no provider registered for scheme "${address.scheme}"`, {
        hint: `The schemes are ${SCHEMES.join(', ')}.`,
      });
    }
    if (row.onlyAllowed) this.#demand(address.scheme, row.title, address.path, row.takesMore?.(address.path) ?? false);
    return row;
  }

  #warn(text: string): void {
    this.#options.host.warn(concealed(text, [...this.#inner]));
  }

  /** What is lent is named by its address, in messages and in the audit log. */
  #leases(): Leases | undefined {
    const { leases } = this.#options;
    const named = (lease: Lease): Lease => ({ ...lease, called: concealed(lease.called, [...this.#inner]) });
    return leases && { add: (lease, asLogin) => leases.add(named(lease), asLogin) };
  }

  async #askGrants(scheme: string): Promise<void> {
    if (this.#allowsAll(scheme) || this.#grants.has(scheme)) return;
    this.#grants.set(scheme, (await this.#options.grants?.(scheme)) ?? []);
  }

  #allowsAll(scheme: string): boolean {
    const { allowed } = this.#options;
    return allowed.has('all') || allowed.has(scheme) || this.#grants.get(scheme) === 'all';
  }

  /** Something stands for all that is below it, unless `standsForMore` says that it does not. */
  #demand(scheme: string, what: string, of?: string, standsForMore = true): void {
    const parts = this.#grants.get(scheme) ?? [];
    if (this.#allowsAll(scheme) || parts === 'all') return;
    const isPart = (part: string): boolean =>
      of === part || (standsForMore && of?.startsWith(`${part.replace(/\/$/, '')}/`) === true);
    if (of !== undefined && parts.some(isPart)) return;
    throw new SopsError('reference-not-allowed', `references to ${what} work only where you allow them`, {
      hint: `If you trust whoever can write the file, give --allow-ref ${scheme}, or let refs of .sops.yaml allow it (sops-ts trust).`,
    });
  }

  async #noted(address: Address, { pathIsValue }: BackendRow): Promise<void> {
    const { note } = this.#options;
    const shown = pathIsValue ? `${address.scheme}://…` : address.shown;
    if (note) await this.#shared.notes.get(shown, () => note(shown));
  }

  /** Reads a secret, or waits for whoever reads it already. */
  async #once<Method extends Seen['method']>(
    row: BackendRow,
    address: Address,
    method: Method,
  ): Promise<Awaited<ReturnType<Backend[Method]>>> {
    // What is found from a folder is another thing from another one, and what one file is allowed may be refused to another.
    const from = row.namesFiles || row.onlyAllowed ? this.#options.folder : '';
    const allowed = JSON.stringify(this.#grants.get(address.scheme) ?? []);
    const store = `${from}\n${allowed}\n${address.scheme}\n${JSON.stringify([...address.parameters].sort(([one], [other]) => (one < other ? -1 : 1)))}`;
    const key = `${method}\n${store}\n${address.path}`;
    const found = this.#shared.read.get(key, () =>
      this.#slotsOf(row).run(async () => {
        const value = await (await this.#backend(store, row, address))[method](address.path);
        if (!row.isFixed) this.#seen.set(key, { row, address, method, store, digest: digestOf(value) });
        return value;
      }),
    );
    return found as Promise<Awaited<ReturnType<Backend[Method]>>>;
  }

  #slotsOf(row: BackendRow): Slots {
    const slots = this.#shared.slots.get(row) ?? new Slots(MOST_AT_A_TIME);
    this.#shared.slots.set(row, slots);
    return slots;
  }

  #backend(key: string, row: BackendRow, address: Address): Promise<Backend> {
    return this.#shared.backends.get(key, async () => {
      for (const name of address.parameters.keys()) {
        if (row.parameters.some((known) => fitsName(known, name))) continue;
        this.#warn(`references to ${row.title} have no parameter ${JSON.stringify(name)}; it is passed over`);
      }
      const opened = await this.#open(row, address);
      this.#opened.push(opened);
      return opened;
    });
  }

  async #open(row: BackendRow, { scheme, parameters }: Address): Promise<Backend> {
    const { host, folder, signal } = this.#options;
    const leases = this.#leases();
    const readsEverywhere = this.#allowsAll(scheme);
    const demand = (what: string, of?: string): void => this.#demand(scheme, what, of);
    return (await row.load()).open(parameters, { host, folder, signal, leases, readsEverywhere, demand });
  }
}

/** Whether a reference gives more than what its own text, or the environment that the user allowed, says. */
function holdsSecret({ address }: Expression): boolean {
  const scheme = String(address[0]).split(':', 1)[0] ?? '';
  return (
    !backendRow(scheme.toLowerCase())?.pathIsValue ||
    address.some((part) => typeof part === 'object' && holdsSecret(part))
  );
}

function toldPath({ title }: BackendRow): string {
  return `${title} whose path holds what another reference gives, which the owner of a place there would get to know,`;
}

/** Like `Promise.all`, but that a failure waits for the others: what they are lent meanwhile has to be known, to be given back. */
async function allSettledOf<T>(tasks: readonly (T | Promise<T>)[]): Promise<T[]> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}

/** Something that was read. */
interface Seen {
  readonly row: BackendRow;
  readonly address: Address;
  readonly method: 'text' | 'values';
  /** The key of its back end. */
  readonly store: string;
  digest: string;
}

/** Tells whether two values are the same, and nothing else of them. */
function digestOf(value: string | Branch): string {
  const hash = createHash('sha256');
  if (typeof value === 'string') return hash.update(value).digest('hex');
  for (const { node, pathText } of leaves([value])) {
    const { value: scalar } = node;
    const text = isTimestamp(scalar) ? `${scalar.nanoseconds} ${scalar.offset}` : String(scalar);
    hash.update(`${pathText}${typeof scalar} ${text.length} ${text}`);
  }
  return hash.digest('hex');
}

/** `env_*` stands for all names that begin so. */
function fitsName(known: string, name: string): boolean {
  return known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : known === name;
}

/** What the keys of a fragment lead to, or the key that is not there. Keys of maps only, as in vals. */
function valueBelow(values: Branch, { keys }: Address): Value | { readonly missing: string } {
  let at: Value = values;
  for (const [depth, key] of keys.entries()) {
    const before = keys.slice(0, depth).join('/');
    if (at.kind !== 'branch') {
      throw new SopsError('reference-not-found', `#/${before} is not a map, so that the key ${key} leads nowhere`);
    }
    const found = itemOf(at, key);
    if (!found) return { missing: keys.slice(0, depth + 1).join('/') };
    at = found.value;
  }
  return at;
}

/** The error with the reference that it is about. */
function named(error: SopsError, { shown }: Address): SopsError {
  return error.message.includes(shown) ? error : error.reworded(`${shown}: ${error.message}`);
}
