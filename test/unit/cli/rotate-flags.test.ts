/** The commands that change keys: from flags to what the operations are asked. */
import { expect, test } from 'vitest';
import type { CommandOf, Context } from '../../../src/cli/commands/command.js';
import { addGroupRequest, groupsAdd } from '../../../src/cli/commands/groups-add.js';
import { deleteGroupRequest, groupsDelete } from '../../../src/cli/commands/groups-delete.js';
import { revoke, revokeRequest } from '../../../src/cli/commands/revoke.js';
import { rotate, rotateRequest } from '../../../src/cli/commands/rotate.js';
import { updateKeysRequest, updatekeys } from '../../../src/cli/commands/updatekeys.js';
import { type FlagSet, readFlags, type Values } from '../../../src/cli/words/flag.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { runMain } from './run-main.js';

async function requestOf<F extends FlagSet, T>(
  line: string,
  { flags }: CommandOf<F>,
  build: (given: Values<F>, context: Context) => T,
): Promise<T> {
  const found: T[] = [];
  const ran = await runMain(line.split(' '), {
    command: async (invocation) => {
      found.push(build(readFlags(flags, invocation.values), { ...invocation, firstTyped: () => undefined }));
      return 0;
    },
  });
  expect(ran).toMatchObject({ status: 0, err: '' });
  return found[0] as T;
}

const SERVICES = { enableLocal: false, uris: ['tcp://h:1', 'unix:///s'], withoutAgent: false };
const SERVICE_FLAGS = '--enable-local-keyservice=false --keyservice tcp://h:1 --keyservice unix:///s';

test.each(['rotate', '-r'])('%s takes every flag', async (command) => {
  const changes = KEY_TYPES.map(({ flag }) => `--add-${flag} a-${flag} --rm-${flag} r-${flag}`).join(' ');
  const flags = `${changes} --encryption-context k:v --ignore-mac --keep-unlisted --decryption-order pgp ${SERVICE_FLAGS} --config c`;
  const more = '--input-type json --output-type yaml --filename-override n --indent 2 --output o';
  expect(await requestOf(`${command} ${flags} ${more} f`, rotate, rotateRequest)).toEqual({
    input: { kind: 'file', path: 'f' },
    output: { kind: 'file', path: 'o' },
    oldForm: command === '-r',
    addKeys: new Map(KEY_TYPES.map(({ type, flag }) => [type, `a-${flag}`])),
    removeKeys: new Map(KEY_TYPES.map(({ type, flag }) => [type, `r-${flag}`])),
    encryptionContext: 'k:v',
    ignoreMac: true,
    keepUnlisted: true,
    decryptionOrder: 'pgp',
    inputType: 'json',
    outputType: 'yaml',
    filenameOverride: 'n',
    configPath: 'c',
    keyServices: SERVICES,
    indent: 2,
  });
});

test('updatekeys takes every flag', async () => {
  const talk = {} as Parameters<typeof updateKeysRequest>[2];
  const flags = '--keep-data-key --check --ignore-mac --shamir-secret-sharing-threshold 2 --decryption-order pgp';
  const line = `updatekeys f g ${flags} ${SERVICE_FLAGS} --config c --input-type ini`;
  expect(await requestOf(line, updatekeys, (given, context) => updateKeysRequest(given, context, talk))).toEqual({
    files: ['f', 'g'],
    keepDataKey: true,
    selection: false,
    check: true,
    ignoreMac: true,
    shamirThreshold: 2,
    decryptionOrder: 'pgp',
    keyServices: SERVICES,
    configPath: 'c',
    inputType: 'ini',
    talk,
  });
});

test('groups add takes every flag, keys several times', async () => {
  const keys = KEY_TYPES.map(({ flag }) => `--${flag} 1-${flag} --${flag} 2-${flag}`).join(' ');
  const flags = `--aws-profile p --encryption-context k:v --shamir-secret-sharing-threshold 2 --ignore-mac --keep-unlisted --config c`;
  expect(await requestOf(`groups add -f f ${keys} ${flags} ${SERVICE_FLAGS} -i`, groupsAdd, addGroupRequest)).toEqual({
    input: { kind: 'file', path: 'f' },
    output: { kind: 'in-place' },
    keyFlags: new Map(KEY_TYPES.map(({ type, flag }) => [type, `1-${flag},2-${flag}`])),
    awsProfile: 'p',
    encryptionContext: 'k:v',
    shamirThreshold: 2,
    ignoreMac: true,
    keepUnlisted: true,
    configPath: 'c',
    keyServices: SERVICES,
  });
});

test.each(['groups delete -f f -i 2', 'groups delete -i -f f 2', 'groups delete 2 -f f -i'])('%s', async (line) => {
  expect(await requestOf(line, groupsDelete, deleteGroupRequest)).toMatchObject({
    input: { kind: 'file', path: 'f' },
    output: { kind: 'in-place' },
    index: 2,
    shamirThreshold: 0,
    ignoreMac: false,
    keepUnlisted: false,
  });
});

test('revoke takes every flag', async () => {
  const talk = {} as Parameters<typeof revokeRequest>[2];
  const line = `revoke --dry-run alice --ignore-mac --keep-unlisted folder --decryption-order pgp --config c ${SERVICE_FLAGS}`;
  expect(await requestOf(line, revoke, (given, context) => revokeRequest(given, context, talk))).toEqual({
    who: 'alice',
    folder: 'folder',
    dryRun: true,
    ignoreMac: true,
    keepUnlisted: true,
    decryptionOrder: 'pgp',
    configPath: 'c',
    keyServices: SERVICES,
    talk,
  });
});

test.each([
  ['-r f -e', 'More than one positional argument'],
  ['--add-age x decrypt f', '--add-age has no effect on decrypt.'],
  ['--yes updatekeys f', 'flag provided but not defined: -yes'],
])('%s: %s', async (line, message) => {
  expect((await runMain(line.split(' '))).err).toContain(message);
});
