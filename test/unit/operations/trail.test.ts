/** Which operations leave which events for an audit log (docs/audit-log.md), and that none can forget to. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { decryptFile } from '../../../src/operations/read/decrypt.js';
import { rotateFile } from '../../../src/operations/recipients/rotate.js';
import { updateKeys } from '../../../src/operations/recipients/updatekeys.js';
import type { Input } from '../../../src/operations/requests.js';
import { encryptFile } from '../../../src/operations/write/encrypt.js';
import { setInFile } from '../../../src/operations/write/set.js';
import { leaf } from '../../../src/tree/tree.js';
import type { Host } from '../../../src/util/host/host.js';
import { Desk } from '../../support/desk.js';
import { hostOf } from '../keys/host.js';

let desk: Desk;
let events: string[];
let written: string[];
/** Set: the log does not take this event. */
let refused: string | undefined;

beforeEach(() => {
  desk = new Desk();
  events = [];
  written = [];
  refused = undefined;
});
afterEach(() => desk.remove());

function host(env: Record<string, string> = {}): Host {
  return {
    ...hostOf({ cwd: desk.folder, env: { ...desk.env, ...env } }),
    audit: {
      async record(action, file) {
        if (action === refused) throw new SopsError('failed', 'Failed to insert audit record');
        events.push(`${action} ${file}`);
      },
    },
  };
}

const file = (path: string): { kind: 'file'; path: string } => ({ kind: 'file', path });
const stdout = { kind: 'stdout', write: async (bytes: Uint8Array) => void written.push(String(bytes)) } as const;
const inPlace = { kind: 'in-place' } as const;
const IGNORE = { ignoreMac: false };

async function sealed(name = 'a.yaml'): Promise<string> {
  return desk.write(name, await desk.encrypt(name, 'a: secret\n'));
}

function encrypt(input: Input, to: Host = host()) {
  const keyFlags = new Map([['age', desk.recipient]]);
  const request = { selection: {}, macOnlyEncrypted: false, allowUnencrypted: false, filenameOverride: 'x.yaml' };
  return encryptFile({ input, output: stdout, keyFlags, ...request }, to);
}

const rotate = (path: string, to = host()) =>
  rotateFile({ input: file(path), output: inPlace, addKeys: new Map(), removeKeys: new Map(), ...IGNORE }, to);

describe('events', () => {
  test('decrypt', async () => {
    const path = await sealed();
    await decryptFile({ input: file('a.yaml'), output: stdout, ...IGNORE }, host());
    expect(events).toEqual([`decrypt ${path}`]);
  });

  test('encrypt names the path, whatever name counts for the rules', async () => {
    desk.write('plain.yaml', 'a: 1\n');
    await encrypt(file('./plain.yaml'));
    expect(events).toEqual([`encrypt ${desk.path('plain.yaml')}`]);
  });

  test('standard input is the working directory', async () => {
    await encrypt({ kind: 'stdin', read: async () => Buffer.from('a: 1\n') });
    expect(events).toEqual([`encrypt ${desk.folder}`]);
  });

  test('set', async () => {
    const path = await sealed();
    await setInFile(
      { input: file(path), output: inPlace, path: ['a'], value: leaf('other'), idempotent: false, ...IGNORE },
      host(),
    );
    expect(events).toEqual([`decrypt ${path}`, `encrypt ${path}`]);
  });

  test('rotate', async () => {
    const path = await sealed();
    await rotate(path);
    expect(events).toEqual([`rotate ${path}`, `decrypt ${path}`, `encrypt ${path}`]);
  });

  test('without the key there is none, but that of rotate', async () => {
    const path = await sealed();
    const stranger = host({ SOPS_AGE_KEY: '' });
    await expect(decryptFile({ input: file(path), output: stdout, ...IGNORE }, stranger)).rejects.toThrow();
    expect(events).toEqual([]);
    await expect(rotate(path, stranger)).rejects.toThrow();
    expect(events).toEqual([`rotate ${path}`]);
  });

  test('updatekeys that only wraps anew leaves none', async () => {
    const path = await sealed();
    const other = new Desk();
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient},${other.recipient}\n`);
    other.remove();
    const quiet = async () => undefined;
    const talk = { started: quiet, showChange: quiet, confirm: async () => true, finished: quiet, failed: quiet };
    const request = { files: [path], check: false, keepDataKey: false, ...IGNORE };
    await updateKeys({ ...request, talk: { ...talk, warn: () => undefined } }, host());
    expect(events).toEqual([]);
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${other.recipient}\n`);
    await updateKeys({ ...request, talk: { ...talk, warn: () => undefined } }, host());
    expect(events).toEqual([`decrypt ${path}`, `encrypt ${path}`]);
  });
});

describe('an event that cannot be noted', () => {
  test('keeps the plaintext', async () => {
    const path = await sealed();
    refused = 'decrypt';
    await expect(decryptFile({ input: file(path), output: stdout, ...IGNORE }, host())).rejects.toMatchObject({
      exitStatus: 1,
    });
    expect(written).toEqual([]);
  });

  test('keeps the file', async () => {
    const path = await sealed();
    const before = desk.text('a.yaml');
    refused = 'encrypt';
    await expect(rotate(path)).rejects.toThrow('audit');
    expect(desk.text('a.yaml')).toBe(before);
  });
});

describe('no operation can forget', () => {
  const source = new URL('../../../src', import.meta.url).pathname;
  const sources = (readdirSync(source, { recursive: true }) as string[]).filter((path) => path.endsWith('.ts'));
  const callersOf = (name: string) =>
    sources.filter((path) => {
      return !path.startsWith('cipher/') && readFileSync(join(source, path), 'utf8').includes(`${name}(`);
    });

  test('trees are walked where events are noted, and nowhere else', () => {
    // What stands between marks of a conflict is opened with the keys of sides that were noted.
    expect(callersOf('decryptTree').sort()).toEqual(['git/conflict/marked-file.ts', 'operations/read/open-file.ts']);
    expect(callersOf('encryptTree').sort()).toEqual([
      'operations/write/reseal-file.ts',
      'operations/write/seal-file.ts',
    ]);
    // Opens without an event: for what was sealed a moment ago (an open file of the library, too, which was noted when it was opened), and
    // for versions that are compared or merged, which note it themselves.
    expect(callersOf('openWith').sort()).toEqual([
      'git/side.ts',
      'library/secrets-file.ts',
      'operations/read/open-file.ts',
      'operations/write/seal-file.ts',
      'repository/diff/open-version.ts',
    ]);
  });
});
