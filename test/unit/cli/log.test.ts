/** The log of `--verbose`: what it says in which command, and its shape for programs and on a terminal. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { logTo } from '../../../src/cli/output/log.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { logged } from '../../../src/keyservice/logged-service.js';
import type { LogEntry } from '../../../src/util/host/host.js';
import { Desk } from '../../support/desk.js';
import { Sink } from '../../support/run.js';

const desk = new Desk();
const other = generateIdentity();
const wrong = { SOPS_AGE_KEY: other.identity };
afterAll(() => desk.remove());

const WRAPPED = `[AGE] info "Encryption succeeded" recipient=${desk.recipient}`;
const OPENED = ['[AGE] info "Decryption succeeded"', '[SOPS] info "Data key recovered successfully"'];
const DECRYPTED = [...OPENED, '[SOPS] debug "Decrypting tree"'];
const FAILED = '[AGE] info "Decryption failed"';
const WRITTEN = '[CMD] info "File written successfully"';

/** The lines of the log in a text, without what differs from run to run. */
function logOf(text: string): string[] {
  return [...text.matchAll(/^(\[[A-Z_]+\])\t time="(\S+)" level=(\w+) msg=(.*)$/gm)].map(
    ([, name, time, level, rest]) => {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/);
      return `${name} ${level} ${rest}`;
    },
  );
}

async function verbose(words: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<string[]> {
  return logOf((await desk.run(words, { env, stdin })).stderr);
}

let sealed: Buffer;
beforeAll(async () => {
  sealed = await desk.encrypt('e.yaml', 'a: x\nb:\n  - y\n');
});
beforeEach(() => {
  desk.write('e.yaml', sealed);
  desk.write('p.yaml', 'a: x\n');
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
});

const NO_FLAGS = { SOPS_AGE_RECIPIENTS: '' };

describe('what it says', () => {
  test.each<[string, string[], Record<string, string>]>([
    ['-d --verbose e.yaml', DECRYPTED, {}],
    ['--verbose decrypt e.yaml', DECRYPTED, {}],
    ['decrypt --verbose e.yaml', DECRYPTED, {}],
    ['-d --verbose -i e.yaml', [...DECRYPTED, WRITTEN], {}],
    ['-d --verbose --output o.yaml e.yaml', DECRYPTED, {}],
    ['-d --verbose --extract ["b"][0] e.yaml', [...DECRYPTED, '[SOPS] info "Truncating tree" path="[b 0]"'], {}],
    ['-d --verbose e.yaml', [FAILED], wrong],
    ['-e --verbose p.yaml', [WRAPPED], NO_FLAGS],
    ['-e --verbose p.yaml', [`[CMD] debug "Master keys available:  [${desk.recipient}]"`, WRAPPED], {}],
    ['-e --verbose -i p.yaml', [WRAPPED, WRITTEN], NO_FLAGS],
    ['-r --verbose -i e.yaml', [...DECRYPTED, WRAPPED, WRITTEN], NO_FLAGS],
    ['rotate --verbose e.yaml', [...DECRYPTED, WRAPPED], NO_FLAGS],
    ['set --verbose e.yaml ["a"] "y"', [...DECRYPTED, WRITTEN], {}],
    [
      'set --verbose --idempotent e.yaml ["a"] "x"',
      [...DECRYPTED, '[CMD] info "File not written due to no change"'],
      {},
    ],
    ['unset --verbose e.yaml ["a"]', [...DECRYPTED, WRITTEN], {}],
    ['--verbose e.yaml', [...DECRYPTED, WRITTEN], { EDITOR: 'sed -i s/x/z/' }],
    ['exec-env --verbose e.yaml -- true', DECRYPTED, {}],
    ['exec-file --verbose --no-fifo e.yaml true', DECRYPTED, {}],
    [`groups add --verbose -i -f e.yaml --age ${other.recipient} --shamir-secret-sharing-threshold 2`, [], {}],
  ])('%s: %j (%o)', async (line, expected, env) => {
    const said = await verbose(line.split(' '), env);
    if (expected.length > 0) expect(said).toEqual(expected);
    else expect(said).toContain('[SOPS] info "Splitting data key with Shamir Secret Sharing" parts=2 quorum=2');
  });

  test('updatekeys opens the data key and no value', async () => {
    writeFileSync(desk.path('.sops.yaml'), `creation_rules:\n  - age: ${desk.recipient},${other.recipient}\n`);
    expect(await verbose(['updatekeys', '--yes', '--verbose', 'e.yaml'])).toEqual([
      ...OPENED,
      WRAPPED,
      `[AGE] info "Encryption succeeded" recipient=${other.recipient}`,
      WRITTEN,
    ]);
  });

  test('every file of several tells which key opened it', async () => {
    desk.write('f.yaml', sealed);
    expect(await verbose(['decrypt', '-i', '--verbose=true', 'e.yaml', 'f.yaml'])).toEqual([
      ...DECRYPTED,
      WRITTEN,
      ...DECRYPTED,
      WRITTEN,
    ]);
  });

  test('a key service is named, and what it opened stands in its own log', async () => {
    const words = ['-d', '--verbose', '--enable-local-keyservice=false', '--keyservice', 'tcp://127.0.0.1:9', 'e.yaml'];
    expect(await verbose(words)).toEqual(['[CMD] info "Connecting to key service" address="tcp://127.0.0.1:9"']);
  });

  test('nothing without --verbose', async () => {
    expect((await desk.run(['-d', 'e.yaml'])).stderr).toBe('');
  });
});

describe('the uses of keys, in the words of each type', () => {
  const fields = new Map(
    ['arn', 'resource_id', 'key_id', 'name', 'version', 'engine_path', 'key_name', 'fp', 'recipient'].map((name) => [
      name,
      name.toUpperCase(),
    ]),
  );
  const expected: Readonly<Record<string, string>> = {
    kms: '[AWSKMS] Encryption succeeded arn=ARN',
    gcp_kms: '[GCPKMS] Encryption succeeded resourceID=RESOURCE_ID',
    hckms: '[HCKMS] Encryption succeeded keyID=KEY_ID',
    azure_kv: '[AZKV] Encryption succeeded key=NAME version=VERSION',
    hc_vault: '[VAULT_TRANSIT] Encryption successful Path=ENGINE_PATH/encrypt/KEY_NAME',
    pgp: '[PGP] Encryption succeeded fingerprint=FP',
    age: '[AGE] Encryption succeeded recipient=RECIPIENT',
  };

  test.each(KEY_TYPES.map(({ type }) => type))('%s', async (type) => {
    const entries: LogEntry[] = [];
    const key: MasterKey = { type, fields, enc: '' };
    const service = { wrap: async () => 'x', unwrap: () => Promise.reject(new Error('no')) };
    const telling = logged(service, (entry) => entries.push(entry));
    await telling.wrap(key, new Uint8Array());
    await expect(telling.unwrap(key)).rejects.toThrow('no');
    const stopped = AbortSignal.abort();
    await expect(telling.unwrap(key, stopped)).rejects.toThrow('no');
    const [first, second] = entries.map(({ component, message, fields = {} }) =>
      [`[${component}]`, message, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' '),
    );
    expect(first).toBe(expected[type]);
    const wanted = (expected[type] ?? '')
      .replace(/Encryption \w+/, 'Decryption failed')
      .replace('/encrypt/', '/decrypt/');
    expect(second).toBe(type === 'age' ? '[AGE] Decryption failed' : wanted);
    expect(entries).toHaveLength(2);
  });
});

describe('the shape', () => {
  const written = (entry: LogEntry, isTTY: boolean, env: Record<string, string> = {}): string => {
    const stderr = Object.assign(new Sink(), { isTTY });
    logTo({ stdin: process.stdin, stdout: new Sink(), stderr, env, cwd: '/', platform: 'linux' })(entry);
    return stderr.bytes().toString();
  };
  const entry: LogEntry = {
    component: 'SOPS',
    level: 'info',
    message: 'Truncating tree',
    fields: { path: '[c 0]', a: 'b' },
  };

  test('for programs: fields by name, quoted where needed', () => {
    expect(written(entry, false)).toMatch(
      /^\[SOPS\]\t time="[^"]+" level=info msg="Truncating tree" a=b path="\[c 0\]"\n$/,
    );
  });

  test.each([
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['a\nb\x1b', '"a\\nb\\x1b"'],
    ['', ''],
    ['a/b.c-d_e@f^g+h', 'a/b.c-d_e@f^g+h'],
    ['a:b', '"a:b"'],
  ])('the value %j as %s', (value, shown) => {
    const line = written({ ...entry, message: 'm', fields: { v: value } }, false);
    expect(line.slice(line.indexOf(' msg='))).toBe(` msg=m v=${shown}\n`);
  });

  test('on a terminal: padded, in colours', () => {
    expect(written(entry, true)).toMatch(
      /^\x1b\[1m\[SOPS\]\x1b\[22m\t \x1b\[36mINFO\x1b\[0m\[\d{4}\] Truncating tree {31}\x1b\[36ma\x1b\[0m=b \x1b\[36mpath\x1b\[0m="\[c 0\]"\n$/,
    );
    expect(written({ ...entry, level: 'debug' }, true)).toContain('\x1b[37mDEBU\x1b[0m[');
  });

  test('on a terminal without colours', () => {
    expect(written(entry, true, { NO_COLOR: '1' })).toMatch(
      /^\[SOPS\]\t INFO\[\d{4}\] Truncating tree +a=b path="\[c 0\]"\n$/,
    );
  });
});
