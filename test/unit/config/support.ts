/** Folders, hosts and stand-in providers for the tests of the configuration. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { KeyProvider, MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import type { Session } from '../../../src/util/host/host.js';
import { sessionOf } from '../../../src/util/host/session.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder with these files (by relative path); it goes after the test. */
export function layOut(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sops-ts-config-')));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export interface TestHost extends Session {
  readonly warnings: string[];
}

/** A host that remembers its warnings. */
export function hostIn(cwd: string, env: Record<string, string> = {}, platform: NodeJS.Platform = 'linux'): TestHost {
  const warnings: string[] = [];
  const session = sessionOf({
    env,
    cwd,
    platform,
    warn: (message) => void warnings.push(message),
    askSecret: async () => Promise.reject(new Error('no terminal')),
  });
  return { ...session, warnings };
}

type Read = (text: string) => Record<string, string>;

/** Reads a list as the real provider would, without checking the keys. */
function provider(type: string, split: (text: string) => string[], read: Read): KeyProvider {
  const refuse = async (): Promise<never> => Promise.reject(new Error('not part of these tests'));
  return {
    type,
    parse: async (text) =>
      split(text).map((one): MasterKey => ({ type, fields: new Map(Object.entries(read(one))), enc: '' })),
    keyString: (key) => [...key.fields.values()].join('/'),
    wrap: refuse,
    unwrap: refuse,
  };
}

const spaceless = (text: string): string[] => text.replaceAll(' ', '').split(',');
const trimmed = (text: string): string[] => text.split(',').map((one) => one.trim());

const PROVIDERS: readonly KeyProvider[] = [
  provider('kms', spaceless, (text) => {
    const [arn = '', role] = text.split('+');
    return { arn, aws_profile: '', ...(role ? { role } : {}) };
  }),
  provider('gcp_kms', spaceless, (text) => ({ resource_id: text })),
  provider('hckms', trimmed, (text) => ({ key_id: text })),
  provider('azure_kv', trimmed, (text) => {
    const { origin, pathname } = new URL(text);
    const [, , name = '', version = ''] = pathname.split('/');
    return { vault_url: origin, name, version };
  }),
  provider(
    'hc_vault',
    (text) => text.split(','),
    (text) => {
      const { origin, pathname } = new URL(text);
      const [, , engine = '', , name = ''] = pathname.split('/');
      return { vault_address: origin, engine_path: engine, key_name: name };
    },
  ),
  provider('pgp', spaceless, (text) => ({ fp: text })),
  provider('age', trimmed, (text) => ({ recipient: text })),
];

/** For the tests of a file: every key type has a provider that takes any key. */
export function useStandInProviders(): void {
  const loads = new Map(KEY_TYPES.map((row) => [row, row.load]));
  beforeAll(() => {
    for (const row of KEY_TYPES) {
      const found = PROVIDERS.find((one) => one.type === row.type);
      if (found) Object.assign(row, { load: async () => found });
    }
  });
  afterAll(() => {
    for (const [row, load] of loads) Object.assign(row, { load });
  });
}
