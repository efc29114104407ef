/** What callers plug in: key services, and providers, of their own types or in place of ours. */
import { SopsError } from '../errors.js';
import type { KeyProvider as InnerProvider, MasterKey } from '../keys/provider.js';
import type { KeyService as InnerService } from '../keyservice/keyservice.js';
import { replaceProviders } from '../keyservice/replaced-providers.js';
import type { KeyServiceChoice } from '../keyservice/services.js';
import type { Session } from '../util/host/host.js';
import { isError, isOf } from '../util/realms.js';
import { oneLine } from '../util/text/one-line.js';
import { eitherSignal } from '../util/waiting/deadline.js';
import { usage } from './options.js';
import type { Key, KeyProvider, KeyService, Options } from './types.js';

/** The word for this machine among key services. */
const LOCAL = 'local';

/** Puts the caller's providers to use, and tells which key services a call asks. Throws `usage`. */
export function usePlugins(
  { providers = [], keyServices, identities, signal }: Options,
  host: Session,
): KeyServiceChoice | undefined {
  if (providers.length > 0)
    replaceProviders(new Map(providers.map((provider) => [provider.type, innerProvider(provider)])), host);
  if (!keyServices) return identities?.only ? undefined : fromVariables(host);
  const uris = keyServices.filter((one) => typeof one === 'string' && one !== LOCAL) as string[];
  const wrong = keyServices.findIndex((one) => typeof one === 'string' && one !== LOCAL && !URL.canParse(one));
  if (wrong >= 0) throw usage(`option keyServices: that at ${wrong} is not like tcp://host:port`);
  const others = keyServices.flatMap((one) => (typeof one === 'string' ? [] : [innerService(one, signal)]));
  return { enableLocal: keyServices.includes(LOCAL), uris, others };
}

/** As the command line has it. */
function fromVariables({ env }: Session): KeyServiceChoice | undefined {
  const { SOPS_KEYSERVICE: uris, SOPS_ENABLE_LOCAL_KEYSERVICE: local } = env;
  if (!uris && !local) return undefined;
  return {
    enableLocal: !['false', 'f', '0'].includes((local ?? '').toLowerCase()),
    uris: (uris ?? '').split(',').filter((uri) => uri !== ''),
  };
}

function innerService(service: KeyService, signal: AbortSignal | undefined): InnerService {
  return {
    wrap: (key, part) =>
      told(async () => wrapped(await service.encrypt(outerKey(key), ownCopy(part), stopping(signal)))),
    unwrap: (key, stop) =>
      told(async () => opened(await service.decrypt(outerKey(key), key.enc, stopping(eitherSignal(stop, signal))))),
  };
}

/** Whatever else a type's provider does (reading recipients, naming keys) ours does, before the caller's is asked. */
function innerProvider(provider: KeyProvider): InnerProvider {
  return {
    type: provider.type,
    parse: async () => [],
    keyString: (key) => [...key.fields.values()].filter((field) => typeof field === 'string').join(' '),
    wrap: (key, part, _, signal) =>
      told(async () => wrapped(await provider.wrap(ownCopy(part), outerKey(key), stopping(signal)))),
    unwrap: (key, _, signal) =>
      told(async () => opened(await provider.unwrap(key.enc, outerKey(key), stopping(signal)))),
  };
}

/** Whoever is given a part may wipe it; ours may be the data key itself. */
function ownCopy(part: Uint8Array): Uint8Array {
  return Uint8Array.from(part);
}

/** What goes into the file for a key; nothing would open a file that has something else. */
function wrapped(text: unknown): string {
  if (typeof text === 'string' && text.trim() !== '' && text.isWellFormed()) return text;
  throw new SopsError('key', 'what was plugged in gave no text for the file');
}

/** A part of a data key, of memory that is nobody else's. */
function opened(part: unknown): Uint8Array {
  if (ArrayBuffer.isView(part) && isOf(Uint8Array, part) && part.length > 0) return ownCopy(part);
  throw new SopsError('key', 'what was plugged in gave no bytes (a Uint8Array) of a data key');
}

function stopping(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function outerKey({ type, fields }: MasterKey): Key {
  const plain = [...fields].map(([name, field]) => [
    name,
    typeof field === 'string' ? field : Object.fromEntries(field),
  ]);
  return { type, fields: Object.fromEntries(plain) };
}

function saidBy(cause: unknown): string {
  try {
    if (isError(cause) && typeof cause.message === 'string') return oneLine(cause.message);
  } catch {
    // It says nothing without throwing something else.
    return WITHOUT_ERROR;
  }
  return typeof cause === 'object' || typeof cause === 'function' ? WITHOUT_ERROR : oneLine(String(cause));
}

const WITHOUT_ERROR = 'it failed without an error';

/** What the caller's code rejects with is a reason like any other why a key cannot be used. */
async function told<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('key', saidBy(cause), { cause });
  }
}
