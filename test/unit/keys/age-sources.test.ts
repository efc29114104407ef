/** Where identities are looked for, in which order, and what is said when none opens an entry. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SopsError } from '../../../src/errors.js';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { fixturePath, fixtureText, readEncrypted } from './entries.js';
import { type HostParts, hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const own = generateIdentity();
const other = generateIdentity();
const PART = Buffer.alloc(32, 1);
const folder = new ProgramFolder();
let home = '';
let key: MasterKey;

beforeAll(async () => {
  const host = hostOf();
  const [parsed] = (await ageProvider.parse(own.recipient, host)) as [MasterKey];
  key = { ...parsed, enc: await ageProvider.wrap(parsed, PART, host) };
});
beforeEach(() => {
  if (home !== '') rmSync(home, { recursive: true });
  home = mkdtempSync(join(tmpdir(), 'home-'));
});
afterAll(() => {
  rmSync(home, { recursive: true });
  folder.remove();
});

const putHome = (name: string, text: string): void => {
  mkdirSync(dirname(join(home, name)), { recursive: true });
  writeFileSync(join(home, name), text);
};
const open = (env: HostParts['env'], parts: HostParts = {}) =>
  ageProvider.unwrap({ ...key }, hostOf({ ...parts, env: { HOME: home, PATH: process.env.PATH, ...env } }));

describe('identities are read', () => {
  test.each([
    ['a variable', () => ({ SOPS_AGE_KEY: own.identity })],
    ['a variable with several on a line', () => ({ SOPS_AGE_KEY: `# x\n${other.identity} \t${own.identity}\n` })],
    ['a file', () => ({ SOPS_AGE_KEY_FILE: folder.write('keys.txt', `# mine\r\n\r\n${own.identity}\r\n`) })],
    ['a command', () => ({ SOPS_AGE_KEY_CMD: `cat '${folder.write('keys.txt', `${own.identity}\n`)}' # keys` })],
  ])('from %s', async (_name, env) => {
    expect(await open(env())).toEqual(PART);
  });

  test('from a file, relative to the working directory', async () => {
    folder.write('relative.txt', own.identity);
    expect(await open({ SOPS_AGE_KEY_FILE: './relative.txt' }, { cwd: folder.path })).toEqual(PART);
  });

  test('from the default file, also when variables are set', async () => {
    putHome('.config/sops/age/keys.txt', own.identity);
    expect(await open({ SOPS_AGE_KEY: other.identity })).toEqual(PART);
  });

  test('from the default file of each system', async () => {
    putHome('xdg/sops/age/keys.txt', own.identity);
    putHome('Library/Application Support/sops/age/keys.txt', own.identity);
    const xdg = { XDG_CONFIG_HOME: join(home, 'xdg') };
    expect(await open(xdg)).toEqual(PART);
    expect(await open(xdg, { platform: 'darwin' })).toEqual(PART);
    expect(await open({ XDG_CONFIG_HOME: '' }, { platform: 'darwin' })).toEqual(PART);
    expect(await open({ HOME: undefined, APPDATA: join(home, 'xdg') }, { platform: 'win32' })).toEqual(PART);
    await expect(open({})).rejects.toThrow();
  });

  test('although another source is bad', async () => {
    putHome('.config/sops/age/keys.txt', own.identity);
    expect(
      await open({ SOPS_AGE_KEY: 'nonsense', SOPS_AGE_KEY_FILE: '/nonexistent', SOPS_AGE_KEY_CMD: 'false' }),
    ).toEqual(PART);
  });
});

describe('commands', () => {
  const script = `
    require('node:fs').appendFileSync(process.env.LOG, process.env.SOPS_AGE_RECIPIENT + ' ' + process.argv.slice(2).join('|') + '\\n');
    process.stdout.write(process.env.PRINT);
    process.stderr.write('a word of the command\\nand another\\n');
    process.exitCode = Number(process.env.STATUS ?? 0);
  `;
  let log = '';
  let count = 0;
  beforeEach(() => {
    folder.addScript('print-keys', script);
    log = `log-${count++}`;
  });
  const env = (print: string, more: HostParts['env'] = {}) => ({
    PATH: folder.path,
    LOG: join(folder.path, log),
    PRINT: print,
    SOPS_AGE_KEY_CMD: `print-keys 'a b' "$HOME" c\\ d`,
    ...more,
  });

  test('get the words as a shell splits them, not expanded, and the recipient', async () => {
    expect(await open(env(own.identity))).toEqual(PART);
    expect(folder.lines(log)).toEqual([`${own.recipient} a b|$HOME|c d`]);
  });

  test('run once per recipient', async () => {
    const host = hostOf({ env: env(own.identity) });
    const again: MasterKey = { ...key, fields: new Map([['recipient', other.recipient]]) };
    for (const each of [key, key, again, again]) expect(await ageProvider.unwrap(each, host)).toEqual(PART);
    expect(folder.lines(log).map((line) => line.split(' ')[0])).toEqual([own.recipient, other.recipient]);
  });

  test('do not run when a file or variable is enough', async () => {
    const ssh = { SOPS_AGE_SSH_PRIVATE_KEY_CMD: 'print-keys' };
    expect(await open(env('', { SOPS_AGE_KEY: own.identity, ...ssh }))).toEqual(PART);
    expect(folder.lines(log)).toEqual([]);
  });

  test('print SSH keys for SSH stanzas', async () => {
    const encrypted = readEncrypted('age/ssh-rsa.json', 'age', 'recipient');
    const print = fixtureText('identities/ssh-rsa');
    const host = hostOf({ env: env(print, { SOPS_AGE_KEY_CMD: '', SOPS_AGE_SSH_PRIVATE_KEY_CMD: 'print-keys' }) });
    expect(encrypted.greeting(await ageProvider.unwrap(encrypted.keys[0] as MasterKey, host))).toBe('hello');
  });

  test.each([
    [
      'print-keys',
      { STATUS: '3' },
      'failed to execute command of SOPS_AGE_KEY_CMD: exit status 3: a word of the command',
    ],
    ['absent-program', {}, 'failed to execute command of SOPS_AGE_KEY_CMD: "absent-program" was not found'],
    ['print-keys "a', {}, 'failed to parse command of SOPS_AGE_KEY_CMD: a quote is not closed'],
    ['# nothing', {}, 'failed to parse command of SOPS_AGE_KEY_CMD: it names no program'],
  ])('that fail are told about: %s', async (command, more, message) => {
    await expect(open(env('', { SOPS_AGE_KEY_CMD: command, ...more }))).rejects.toThrow(
      `failed to load age identities. Errors while loading age identities: ${message}. Did not find`,
    );
  });

  test('are not run by a shell', async () => {
    const file = join(folder.path, 'made-by-shell');
    await expect(open(env('', { SOPS_AGE_KEY_CMD: `print-keys; echo > ${file}` }))).rejects.toThrow(
      '"print-keys;" was not found',
    );
    await expect(open(env('', { SOPS_AGE_KEY_CMD: `print-keys $(echo > ${file}) > ${file}` }))).rejects.toThrow();
    expect(folder.lines('made-by-shell')).toEqual([]);
  });
});

describe('when nothing opens the entry', () => {
  const NONE = 'failed to load age identities';
  const ONE =
    'failed to create reader for decrypting sops data key with age: identity did not match any of the recipients: ' +
    'incorrect identity for recipient block';
  const SEVERAL =
    'failed to create reader for decrypting sops data key with age: no identity matched any of the recipients';
  const SSH_VARIABLES = ["'SOPS_AGE_SSH_PRIVATE_KEY_FILE'", "'SOPS_AGE_SSH_PRIVATE_KEY_CMD'"];
  const SSH_FILES = ["'HOME/.ssh/id_ed25519'", "'HOME/.ssh/id_rsa'"];
  const FILE = "'SOPS_AGE_KEY_FILE'";
  const COMMAND = "'SOPS_AGE_KEY_CMD'";
  const DEFAULT = "'HOME/.config/sops/age/keys.txt'";
  const places = (...names: string[]) =>
    `. Did not find keys in locations ${names.slice(0, -1).join(', ')}, and ${names.at(-1)}.`;

  // All of these are what sops 3.13.2 says, but for the reason why something is malformed.
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['nothing', {}, {}, NONE + places(...SSH_VARIABLES, ...SSH_FILES, "'SOPS_AGE_KEY'", FILE, COMMAND, DEFAULT)],
    [
      'another identity',
      { SOPS_AGE_KEY: other.identity },
      {},
      ONE + places(...SSH_VARIABLES, ...SSH_FILES, FILE, COMMAND),
    ],
    [
      'several',
      { SOPS_AGE_KEY: `${other.identity}\n${other.identity}` },
      {},
      SEVERAL + places(...SSH_VARIABLES, ...SSH_FILES, FILE, COMMAND),
    ],
    [
      'empty sources',
      { SOPS_AGE_KEY: '# none' },
      { '.config/sops/age/keys.txt': '\n' },
      NONE + places(...SSH_VARIABLES, ...SSH_FILES, FILE, COMMAND, "'SOPS_AGE_KEY'", DEFAULT),
    ],
    [
      'a bad variable',
      { SOPS_AGE_KEY: 'x' },
      {},
      `${NONE}. Errors while loading age identities: failed to parse 'SOPS_AGE_KEY' age identities: line 1: unknown identity type${places(...SSH_VARIABLES, ...SSH_FILES, FILE, COMMAND)}`,
    ],
    [
      'an absent file',
      { SOPS_AGE_KEY_FILE: '/nonexistent' },
      {},
      `${NONE}. Errors while loading age identities: failed to open SOPS_AGE_KEY_FILE file: open /nonexistent: no such file or directory${places(...SSH_VARIABLES, ...SSH_FILES, "'SOPS_AGE_KEY'", COMMAND, DEFAULT)}`,
    ],
    [
      'an absent SSH key',
      { SOPS_AGE_SSH_PRIVATE_KEY_FILE: '/nonexistent' },
      {},
      `${NONE}. Errors while loading age identities: failed to open file: open /nonexistent: no such file or directory${places(SSH_VARIABLES[1] ?? '', ...SSH_FILES, "'SOPS_AGE_KEY'", FILE, COMMAND, DEFAULT)}`,
    ],
    [
      'SSH keys in the home folder',
      {},
      { '.ssh/id_ed25519': fixtureText('identities/ssh-ed25519'), '.ssh/id_rsa': fixtureText('identities/ssh-rsa') },
      SEVERAL + places(...SSH_VARIABLES, "'SOPS_AGE_KEY'", FILE, COMMAND),
    ],
    [
      'a relative XDG_CONFIG_HOME',
      { XDG_CONFIG_HOME: 'x' },
      {},
      `${NONE}. Errors while loading age identities: user config directory could not be determined: path in $XDG_CONFIG_HOME is relative${places(...SSH_VARIABLES, ...SSH_FILES, "'SOPS_AGE_KEY'", FILE, COMMAND)}`,
    ],
  ])('with %s', async (_name, env, files, message) => {
    for (const [name, text] of Object.entries(files)) putHome(name, text);
    const error = (await open(env).catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ code: 'key' });
    expect(error.message.replaceAll(home, 'HOME')).toBe(message);
  });

  test('with all places but one or two', async () => {
    const env = {
      SOPS_AGE_SSH_PRIVATE_KEY_FILE: fixturePath('identities/ssh-rsa'),
      SOPS_AGE_SSH_PRIVATE_KEY_CMD: `cat ${fixturePath('identities/ssh-rsa')}`,
      SOPS_AGE_KEY: other.identity,
      SOPS_AGE_KEY_FILE: folder.write('other.txt', other.identity),
    };
    for (const name of ['.ssh/id_ed25519', '.ssh/id_rsa']) putHome(name, fixtureText('identities/ssh-rsa'));
    await expect(open(env)).rejects.toThrow(`${SEVERAL}. Did not find keys in location 'SOPS_AGE_KEY_CMD'.`);
    await expect(open({ ...env, SOPS_AGE_KEY: '' })).rejects.toThrow(
      `${SEVERAL}. Did not find keys in locations 'SOPS_AGE_KEY' and 'SOPS_AGE_KEY_CMD'.`,
    );
    await expect(open({ ...env, SOPS_AGE_KEY_CMD: `cat ${folder.path}/other.txt` })).rejects.toThrow(
      new RegExp(`${SEVERAL}$`),
    );
  });

  test('without a home folder', async () => {
    const error = await open({ HOME: undefined }).catch((caught: Error) => caught);
    expect((error as Error).message).toContain(
      'Errors while loading age identities: $HOME is not defined; user config directory',
    );
    expect(error).toMatchObject({
      hint: 'You have no age identity: name its file in SOPS_AGE_KEY_FILE. The usual places are unknown: $HOME is not defined.',
    });
  });

  test('no identity is quoted', async () => {
    for (const text of [
      `${own.identity}x`,
      own.identity.toLowerCase(),
      ` ${own.identity}`,
      own.identity.replace('1', '2'),
    ]) {
      const file = folder.write('bad.txt', text);
      const error = (await open({ SOPS_AGE_KEY_FILE: file }).catch((caught: unknown) => caught)) as Error;
      expect(error.message).toContain("failed to parse 'SOPS_AGE_KEY_FILE' age identities: line 1: ");
      expect(error.message.toUpperCase()).not.toContain(own.identity.slice(20, 40));
    }
  });
});

test('a key where its path belongs, and a path where the key does', async () => {
  const named = (await open({ SOPS_AGE_KEY_FILE: own.identity }).catch((caught: unknown) => caught)) as SopsError;
  expect(named.message).toContain('failed to open SOPS_AGE_KEY_FILE file: what is named is no path, but content');
  expect(named.hint).toContain('Put it into SOPS_AGE_KEY, or name the file that it is in.');
  expect(`${named.message} ${named.hint}`).not.toContain(own.identity.slice(20, 40));
  const path = (await open({ SOPS_AGE_KEY: folder.write('own.txt', own.identity) }).catch(
    (caught: unknown) => caught,
  )) as SopsError;
  expect(path.hint).toContain('It looks like the path of a file, which belongs into SOPS_AGE_KEY_FILE.');
});
