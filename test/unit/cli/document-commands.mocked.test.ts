/** `encrypt` and `decrypt`: from flags to what the operations are asked. The operations themselves are stood in for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decrypt } from '../../../src/cli/commands/decrypt.js';
import { encrypt } from '../../../src/cli/commands/encrypt.js';
import { decryptFile } from '../../../src/operations/read/decrypt.js';
import type { DecryptRequest, EncryptRequest } from '../../../src/operations/requests.js';
import { encryptFile } from '../../../src/operations/write/encrypt.js';
import { failingStream, type RunOptions, type RunResult, runMain } from './run-main.js';

vi.mock('../../../src/operations/write/encrypt.js', () => ({ encryptFile: vi.fn() }));
vi.mock('../../../src/operations/read/decrypt.js', () => ({ decryptFile: vi.fn() }));

beforeEach(() => {
  vi.mocked(encryptFile).mockReset().mockResolvedValue({ warnings: [] });
  vi.mocked(decryptFile).mockReset().mockResolvedValue({ warnings: [] });
});

/** Runs the real command files. */
function run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runMain(words, {
    ...options,
    command: (invocation) => {
      const named = words.some((word) => word === 'encrypt' || word === '-e');
      return (named ? encrypt : decrypt).run(invocation);
    },
  });
}

async function encryptRequest(line: string, env: Record<string, string> = {}): Promise<EncryptRequest> {
  const { status, err } = await run(line.split(' '), { env });
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return vi.mocked(encryptFile).mock.lastCall?.[0] as EncryptRequest;
}

async function decryptRequest(line: string, env: Record<string, string> = {}): Promise<DecryptRequest> {
  const { status, err } = await run(line.split(' '), { env });
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return vi.mocked(decryptFile).mock.lastCall?.[0] as DecryptRequest;
}

const EVERY_FLAG =
  'encrypt --output o --kms k --aws-profile pr --gcp-kms g --hckms h --azure-kv z --hc-vault-transit v -p p -a a ' +
  '--input-type json --output-type yaml --unencrypted-suffix 1 --encrypted-suffix 2 --unencrypted-regex 3 ' +
  '--encrypted-regex 4 --unencrypted-comment-regex 5 --encrypted-comment-regex 6 --encryption-context x:y ' +
  '--shamir-secret-sharing-threshold 2 --filename-override n.yaml --config c --indent 3 --mac-only-encrypted ' +
  'p.yaml --allow-unencrypted --as-sops --enable-local-keyservice=false --keyservice tcp://a:1 --keyservice unix:///b,c';

describe('encrypt', () => {
  test('asks for nothing that was not asked', async () => {
    expect(await encryptRequest('encrypt p.yaml')).toEqual({
      input: { kind: 'file', path: 'p.yaml' },
      output: { kind: 'stdout', write: expect.any(Function) },
      keyServices: { enableLocal: true, uris: [], withoutAgent: false },
      keyFlags: new Map(),
      selection: {},
      macOnlyEncrypted: false,
      allowUnencrypted: false,
      asSops: false,
    });
  });

  test('takes every flag', async () => {
    expect(await encryptRequest(EVERY_FLAG)).toEqual({
      input: { kind: 'file', path: 'p.yaml' },
      output: { kind: 'file', path: 'o' },
      inputType: 'json',
      outputType: 'yaml',
      filenameOverride: 'n.yaml',
      configPath: 'c',
      keyServices: { enableLocal: false, uris: ['tcp://a:1', 'unix:///b,c'], withoutAgent: false },
      keyFlags: new Map([
        ['kms', 'k'],
        ['gcp_kms', 'g'],
        ['hckms', 'h'],
        ['azure_kv', 'z'],
        ['hc_vault', 'v'],
        ['pgp', 'p'],
        ['age', 'a'],
      ]),
      awsProfile: 'pr',
      encryptionContext: 'x:y',
      selection: {
        unencryptedSuffix: '1',
        encryptedSuffix: '2',
        unencryptedRegex: '3',
        encryptedRegex: '4',
        unencryptedCommentRegex: '5',
        encryptedCommentRegex: '6',
      },
      macOnlyEncrypted: true,
      shamirThreshold: 2,
      indent: 3,
      allowUnencrypted: true,
      asSops: true,
    });
  });

  test('takes recipients and the configuration from the environment', async () => {
    const request = await encryptRequest('encrypt p.yaml', {
      SOPS_PGP_FP: 'fp',
      SOPS_AGE_RECIPIENTS: '',
      SOPS_CONFIG: 'c',
    });
    expect(request.keyFlags).toEqual(new Map([['pgp', 'fp']]));
    expect(request.configPath).toBe('c');
  });

  test('a threshold of 0 is none, an indentation of 0 is one', async () => {
    const request = await encryptRequest('encrypt --shamir-secret-sharing-threshold 0 --indent 0 p.yaml');
    expect(request.shamirThreshold).toBeUndefined();
    expect(request.indent).toBe(0);
  });
});

describe('decrypt', () => {
  test('takes every flag, old form or new', async () => {
    const flags =
      '--in-place --extract ["a"] --input-type json --output-type dotenv --ignore-mac --filename-override n ' +
      '--decryption-order pgp,age --config c --indent -1 --keyservice tcp://a:1';
    const expected = {
      input: { kind: 'file', path: 'f' },
      output: { kind: 'in-place' },
      inputType: 'json',
      outputType: 'dotenv',
      filenameOverride: 'n',
      configPath: 'c',
      keyServices: { enableLocal: true, uris: ['tcp://a:1'], withoutAgent: false },
      extract: '["a"]',
      ignoreMac: true,
      decryptionOrder: 'pgp,age',
      indent: -1,
    };
    expect(await decryptRequest(`-d ${flags} f`)).toEqual(expected);
    expect(await decryptRequest(`decrypt f ${flags}`)).toEqual(expected);
    expect(await decryptRequest(`${flags} decrypt f`)).toEqual(expected);
  });

  test('takes the order of keys from the environment', async () => {
    const request = await decryptRequest('decrypt f', { SOPS_DECRYPTION_ORDER: 'pgp' });
    expect(request.decryptionOrder).toBe('pgp');
  });
});

describe('key services', () => {
  const local = { enableLocal: true, uris: [], withoutAgent: false };
  test.each([
    ['decrypt f', {}, local],
    [
      'decrypt f',
      { SOPS_KEYSERVICE: 'tcp://a:1, unix:///b,' },
      { enableLocal: true, uris: ['tcp://a:1', 'unix:///b'], withoutAgent: false },
    ],
    [
      'decrypt f --keyservice tcp://c:1',
      { SOPS_KEYSERVICE: 'tcp://a:1' },
      { enableLocal: true, uris: ['tcp://c:1'], withoutAgent: false },
    ],
    [
      '--keyservice tcp://c:1 decrypt f',
      { SOPS_KEYSERVICE: '' },
      { enableLocal: true, uris: ['tcp://c:1'], withoutAgent: false },
    ],
    ['-d --enable-local-keyservice=f f', {}, { enableLocal: false, uris: [], withoutAgent: false }],
    ['decrypt f', { SOPS_ENABLE_LOCAL_KEYSERVICE: '' }, { enableLocal: false, uris: [], withoutAgent: false }],
    ['decrypt f', { SOPS_ENABLE_LOCAL_KEYSERVICE: 'false' }, { enableLocal: false, uris: [], withoutAgent: false }],
    ['decrypt --enable-local-keyservice f', { SOPS_ENABLE_LOCAL_KEYSERVICE: '0' }, local],
  ])('of %s in %j', async (line, env, choice) => {
    expect((await decryptRequest(line, env)).keyServices).toEqual(choice);
  });

  test('a word that is not yes or no is fatal, as in SOPS', async () => {
    const { status, err } = await run(['decrypt', 'f'], { env: { SOPS_ENABLE_LOCAL_KEYSERVICE: 'maybe' } });
    expect(status).toBe(1);
    expect(err).toContain('could not parse maybe as bool value for flag enable-local-keyservice');
  });
});

describe('formats', () => {
  test.each([
    ['yaml', 'yaml'],
    ['yml', 'yaml'],
    ['YAML', 'yaml'],
    ['env', 'dotenv'],
    ['Json', 'json'],
    ['binary', 'binary'],
  ])('%s is %s', async (word, format) => {
    expect((await decryptRequest(`decrypt --input-type ${word} f`)).inputType).toBe(format);
  });

  test('an empty word is none', async () => {
    expect((await decryptRequest('decrypt --output-type= f')).outputType).toBeUndefined();
  });

  // vscode-sops passes words of its own and ignores the exit status, so a refusal loses an edit.
  test.each(['bogus', '.yaml', 'xml'])('%s is passed over with a warning, as in SOPS', async (word) => {
    const { status, err } = await run(['decrypt', '--output-type', word, 'f']);
    expect(status).toBe(0);
    expect(err).toContain(`"${word}" is not a format for --output-type`);
    expect(err).toContain('yaml, json, dotenv, ini, toml, binary');
    expect(vi.mocked(decryptFile).mock.lastCall?.[0].outputType).toBeUndefined();
  });
});

describe('input and output', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sops-ts-cli-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test.each([['decrypt'], ['decrypt -']])('%s reads standard input', async (line) => {
    await run(line.split(' '), { stdin: 'from stdin', cwd: folder });
    const input = vi.mocked(decryptFile).mock.lastCall?.[0].input;
    expect(input?.kind === 'stdin' && Buffer.from(await input.read()).toString()).toBe('from stdin');
  });

  test('a file called - is a file', async () => {
    writeFileSync(join(folder, '-'), '');
    await run(['decrypt', '-'], { cwd: folder });
    expect(vi.mocked(decryptFile).mock.lastCall?.[0].input).toEqual({ kind: 'file', path: '-' });
  });

  test('an empty name is a name', async () => {
    await run(['decrypt', ''], { cwd: folder });
    expect(vi.mocked(decryptFile).mock.lastCall?.[0].input).toEqual({ kind: 'file', path: '' });
  });

  test('what is written arrives on standard output, byte for byte', async () => {
    vi.mocked(decryptFile).mockImplementation(async ({ output }) => {
      if (output.kind === 'stdout') await output.write(Buffer.from('plain\ntext'));
      return { warnings: ['the file is old'] };
    });
    const { status, out, err } = await run(['decrypt', 'f']);
    expect({ status, out, err }).toEqual({ status: 0, out: 'plain\ntext', err: 'warning: the file is old\n' });
  });

  test.each([
    ['EPIPE', 'broken pipe', 141, ''],
    ['ENOSPC', 'no space left on device', 1, 'write /dev/stdout: no space left on device\n'],
  ])('%s on standard output', async (code, reason, status, err) => {
    vi.mocked(decryptFile).mockImplementation(async ({ output }) => {
      if (output.kind === 'stdout') await output.write(Buffer.from('plain'));
      return { warnings: [] };
    });
    expect(await run(['decrypt', 'f'], { stdout: failingStream(code, reason) })).toMatchObject({ status, err });
  });

  test.each([
    ['decrypt -i --output x f', 'cannot operate on both --output and --in-place'],
    ['decrypt missing -i --output x', 'cannot operate on both --output and --in-place'],
    ['-d -i --output x f', 'cannot operate on both --output and --in-place'],
    ['encrypt -i --output x f', 'cannot operate on both --output and --in-place'],
    ['decrypt -i', 'cannot use --in-place when reading from stdin'],
    ['encrypt -i', 'cannot use --in-place when reading from stdin'],
    ['encrypt', 'must specify --filename-override when reading from stdin'],
  ])('%s is a conflict', async (line, message) => {
    const { status, out, err } = await run(line.split(' '), { cwd: folder });
    expect({ status, out }).toEqual({ status: 8, out: '' });
    expect(err).toContain(message);
    expect(encryptFile).not.toHaveBeenCalled();
    expect(decryptFile).not.toHaveBeenCalled();
  });
});
