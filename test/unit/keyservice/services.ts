/** Key services for tests: a real server in this process, and providers that do what a test says. */
import { vi } from 'vitest';
import type { KeyProvider, MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { type KeyServer, type ServeOptions, serveKeys } from '../../../src/keyservice/server.js';
import { hostOf } from '../keys/host.js';

/** A key of a type whose only text is its name. */
export function keyNamed(type: string, name: string, enc = ''): MasterKey {
  const field = KEY_TYPES.find((row) => row.type === type)?.fields[0]?.name ?? 'name';
  return { type, fields: new Map([[field, name]]), enc };
}

export function nameOf(key: MasterKey): string {
  return String([...key.fields.values()].find((value) => value !== ''));
}

/** Lets a provider stand in for a type until the mocks are restored: it wraps by writing the part down. */
export function standIn(type: string, parts: Partial<KeyProvider> = {}): void {
  const row = KEY_TYPES.find((one) => one.type === type);
  if (!row) throw new Error(`no type ${type}`);
  const provider: KeyProvider = {
    type,
    parse: async (text) => [keyNamed(type, text)],
    keyString: nameOf,
    wrap: async (_key, part) => Buffer.from(part).toString('hex'),
    unwrap: async (key) => Buffer.from(key.enc, 'hex'),
    ...parts,
  };
  vi.spyOn(row, 'load').mockResolvedValue(provider);
}

/** Starts a server on a free port of this machine. */
export function serve(options: Partial<ServeOptions> = {}): Promise<KeyServer> {
  return serveKeys({ network: 'tcp', address: '127.0.0.1:0', host: () => hostOf(), ...options });
}
