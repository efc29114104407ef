/** Metadata is an attacker's input: it starts nothing, reaches nobody, hides nothing, and costs no more than its length. */

import { chmodSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { splitSecret } from '../../../src/datakey/shamir.js';
import { ageProvider } from '../../../src/keys/age/age.js';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sample, sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';

const test = sampledTest(6);

const CANARY = 'hunter2canary';
const PLAIN = `a: ${CANARY}\nb: other\nl: [x, y]\n`;

const desk = new Desk();
let sealed: string;
beforeAll(async () => {
  sealed = (await desk.encrypt('p.yaml', PLAIN)).toString();
});
afterAll(() => desk.remove());

function refused(ran: Ran, status: number): void {
  expect(ran.status, ran.stderr).toBe(status);
  expect(ran.stdout.length).toBe(0);
  expect(ran.stderr).not.toContain(CANARY);
  expect(ran.stderr).not.toContain('internal error');
  expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
}

/** The file with a text of its metadata changed. */
function changed(old: string | RegExp, by: string): string {
  const text = sealed.replace(old, by);
  expect(text).not.toBe(sealed);
  return text;
}

describe('moving and exchanging what is encrypted', () => {
  const line = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(sealed)?.[1] ?? '';
  const items = (): string[] => [.../'(ENC[^']*)'/g[Symbol.matchAll](sealed)].map((found) => found[1] ?? '');

  test.each([
    ['two values exchanged', 25, () => changed(line('a'), '@').replace(line('b'), line('a')).replace('@', line('b'))],
    ['a value under another key', 25, () => changed('a: ', 'c: ')],
    ['a value in a map', 25, () => changed(/^a: (.*)$/m, 'm: {a: "$1"}')],
    ['two items of a list exchanged', 51, () => sealed.replace(/\[('ENC[^']*'), ('ENC[^']*')\]/, '[$2, $1]')],
    ['a value removed', 51, () => changed(/^b: .*\n/m, '')],
    ['an item repeated', 51, () => changed(items()[0] ?? '', `${items()[0]}', '${items()[0]}`)],
    ['a value in clear', 25, () => changed(/^b: .*$/m, 'b: forged')],
    ['a number in clear', 25, () => changed(/^b: .*$/m, 'b: 5')],
    ['a value in clear that nobody would encrypt', 51, () => changed(/^b: /m, 'b_unencrypted: forged\nb: ')],
    ['a value of another file', 25, () => changed(line('a'), line('a').replace(/data:[^,]*/, 'data:AAAA'))],
    ['no MAC', 51, () => changed(/^ {4}mac: .*\n/m, '')],
    ['an empty MAC', 51, () => changed(/^ {4}mac: .*$/m, '    mac: ""')],
    ['a value for the MAC', 51, () => changed(/^ {4}mac: .*$/m, `    mac: ${line('a')}`)],
    ['another time', 51, () => changed(/lastmodified: "\d/, 'lastmodified: "1')],
    ['a tag of 15 bytes', 25, () => changed(/tag:[^,]*/, `tag:${'A'.repeat(20)}`)],
    ['a tag of 4 bytes', 25, () => changed(/tag:([^,]{4})[^,]*/, 'tag:AAAAAA==')],
    ['no tag', 25, () => changed(/,tag:[^,]*/, '')],
    ['an empty IV', 25, () => changed(/iv:[^,]*/, 'iv:')],
    ['an IV of a byte', 25, () => changed(/iv:[^,]*/, 'iv:AA==')],
    ['an IV of a thousand bytes', 25, () => changed(/iv:[^,]*/, `iv:${'A'.repeat(1336)}`)],
    ['an unknown type', 25, () => changed('type:str', 'type:object')],
    ['another type', 25, () => changed('type:str', 'type:int')],
    [
      'the MAC over encrypted values alone',
      51,
      () => changed('    version:', '    mac_only_encrypted: true\n    version:'),
    ],
    [
      'another rule',
      25,
      () => changed('unencrypted_suffix: _unencrypted', 'unencrypted_suffix: a').replace(/^b: /m, 'c: '),
    ],
    ['two rules', 1, () => changed('    version:', '    encrypted_regex: x\n    version:')],
  ])('%s: %i', async (_what, status, hostile) => refused(await desk.decrypt('p.yaml', hostile()), status));

  test('a file whose rule now names every key plain is not taken for verified', async () => {
    const hostile = changed('unencrypted_suffix: _unencrypted', "unencrypted_regex: ''").replace(
      "unencrypted_regex: ''",
      "unencrypted_regex: '.'",
    );
    refused(await desk.decrypt('p.yaml', hostile), 51);
  });
});

describe('fields that make no sense', () => {
  test.each([
    ['no version', /version: .*/, 'x: 1'],
    ['a version of words', /version: .*/, 'version: latest'],
    ['a version that is a map', /version: .*/, 'version: {}'],
    ['no time', /lastmodified: .*/, 'x: 1'],
    ['a time of words', /lastmodified: .*/, `lastmodified: ${CANARY.slice(0, 7)}`],
    ['a time without quotes', /lastmodified: "(.*)"/, 'lastmodified: $1'],
    ['a time beyond the calendar', /lastmodified: .*/, 'lastmodified: "2026-02-30T00:00:00Z"'],
    ['keys that are a text', /age:\n( {8}.*\n)+/, 'age: x\n'],
    ['keys that are texts', /age:\n( {8}.*\n)+/, 'age: [x, y]\n'],
    ['no keys', /age:\n( {8}.*\n)+/, 'age: []\n'],
    ['keys that are nested', /age:\n( {8}.*\n)+/, `age: ${'['.repeat(400)}${']'.repeat(400)}\n`],
    ['a threshold of words', / {4}version:/, '    shamir_threshold: many\n    version:'],
    ['a threshold beyond all', / {4}version:/, '    shamir_threshold: 1e400\n    version:'],
    ['a MAC that is a list', /mac: .*/, 'mac: [x]'],
    ['a rule that is a map', /unencrypted_suffix: .*/, 'unencrypted_suffix: {a: b}'],
    ['metadata twice', /^sops:\n/m, 'sops: {}\nsops:\n'],
  ])('%s: 1', async (_what, old, by) => refused(await desk.decrypt('p.yaml', changed(old, by)), 1));

  test.each([
    ['a threshold without groups', / {4}version:/, '    shamir_threshold: -9\n    version:'],
    ['a huge threshold without groups', / {4}version:/, '    shamir_threshold: 9007199254740991\n    version:'],
    ['unknown fields', / {4}version:/, `    extra: {a: [${'['.repeat(200)}${']'.repeat(200)}]}\n    version:`],
    ['a recipient that is not one', /recipient: .*/, 'recipient: "--output=/tmp/x"'],
    ['a future version', /version: .*/, 'version: 99.0.0'],
  ])('%s: no matter', async (_what, old, by) => {
    const { status, stdout } = await desk.decrypt('p.yaml', changed(old, by));
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 0, stdout: PLAIN });
  });
});

describe('expressions of a catastrophic shape', () => {
  const long = 'a'.repeat(1000);
  test.each([
    ['nested repetition', '^(((a+)+)+)+$'],
    ['alternatives that overlap', '^(a|aa|a?)+$'],
    ['a thousand optional letters', `^${'a?'.repeat(500)}${'a'.repeat(500)}$`],
    ['counted repetition of counted repetition', '((a{1,30}){1,30})+x'],
    ['a tower of brackets', `${'('.repeat(900)}a${')'.repeat(900)}+x`],
    ['repetition beyond the engine', '((a{1,1000}){1,1000}){1,1000}'],
    ['look-ahead', '(?=a)+'],
    ['a back-reference', '(a+)\\1'],
    ['an unclosed bracket', '['],
  ])('%s', async (_what, pattern) => {
    const rule = `encrypted_regex: ${JSON.stringify(pattern)}`;
    const hostile = `${long}b: 1\n${changed('unencrypted_suffix: _unencrypted', rule)}`;
    const before = process.cpuUsage();
    refused(await desk.decrypt('p.yaml', hostile), 51);
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });

  test('are refused for encrypting when they are none', async () => {
    for (const pattern of ['(?=a)', '(a)\\1', '[', '((a{1,1000}){1,1000}){1,1000}']) {
      refused(
        await desk.run(['encrypt', '--encrypted-regex', pattern, '--filename-override', 'p.yaml'], { stdin: PLAIN }),
        1,
      );
    }
  });
});

describe('flat metadata', () => {
  const cases: [what: string, lines: string][] = [
    ['a tower of maps', `sops_${'a__map_'.repeat(20_000)}b=1`],
    ['a tower of lists', `sops_a${'__list_0'.repeat(20_000)}=1`],
    ['a list with a far end', 'sops_age__list_999999__map_enc=1'],
    ['a list beyond all', 'sops_age__list_99999999999999999999__map_enc=1'],
    ['a negative position', 'sops_age__list_-1__map_enc=1'],
    ['a text that is a map too', 'sops_age=1\nsops_age__map_x=1'],
    ['a list that is a map too', 'sops_age__list_0=1\nsops_age__map_x=1'],
    ['a field twice', 'sops_mac=1\nsops_mac=2'],
    ['names of JavaScript', 'sops___proto____map_polluted=1\nsops_constructor__map_prototype__map_polluted=1'],
  ];
  const large: typeof cases = [
    ['thirty thousand fields', [...Array(30_000).keys()].map((n) => `sops_x${n}=1`).join('\n')],
    ['thirty thousand entries', [...Array(30_000).keys()].map((n) => `sops_age__list_${n}__map_enc=x`).join('\n')],
  ];
  test.each([...cases, ...sample(large, 2)])('%s', async (_what, lines) => {
    const before = process.cpuUsage();
    refused(await desk.decrypt('p.env', `A=${CANARY}\n${lines}\n`), 1);
    const ini = lines.replaceAll(/^sops_/gm, '');
    refused(await desk.decrypt('p.ini', `[s]\na = ${CANARY}\n[sops]\n${ini}\n`), 1);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('key groups', () => {
  /** A file with many groups, each wrapping a part for the victim's own recipient. */
  async function withGroups(count: number, threshold: number, part: (index: number) => Uint8Array): Promise<string> {
    const host = hostOf({ env: desk.env });
    const [key] = await ageProvider.parse(desk.recipient, host);
    if (!key) throw new Error('no key');
    const groups: string[] = [];
    for (let index = 0; index < count; index++) {
      const enc = await ageProvider.wrap({ ...key }, part(index), host);
      groups.push(`        - age:\n            - recipient: x\n              enc: ${JSON.stringify(enc)}\n`);
    }
    return changed(/ {4}age:\n( {8}.*\n)+/, `    shamir_threshold: ${threshold}\n    key_groups:\n${groups.join('')}`);
  }

  test('of foreign parts give no plaintext, however many there are', async () => {
    const random = splitSecret(Buffer.alloc(32, 7), 60, 2);
    const before = process.cpuUsage();
    const { status, stdout } = await desk.decrypt(
      'p.yaml',
      await withGroups(60, 3, (index) => random[index] ?? new Uint8Array()),
    );
    expect([25, 51, 128]).toContain(status);
    expect(stdout.length).toBe(0);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });

  test.each([
    ['all parts alike', 40, 2, () => Buffer.alloc(33, 1)],
    ['parts at position 0', 3, 2, () => Buffer.alloc(33, 0)],
    ['parts of other lengths', 3, 2, (index: number) => Buffer.alloc(20 + index, index + 1)],
    ['empty parts', 3, 2, () => Buffer.alloc(0)],
    ['a threshold of 1', 3, 1, (index: number) => Buffer.alloc(33, index + 1)],
    ['a threshold beyond the groups', 3, 200, (index: number) => Buffer.alloc(33, index + 1)],
    ['a negative threshold', 3, -1, (index: number) => Buffer.alloc(33, index + 1)],
  ])('%s', async (_what, count, threshold, part) => {
    const ran = await desk.decrypt('p.yaml', await withGroups(count, threshold, part));
    expect([25, 51, 128]).toContain(ran.status);
    refused(ran, ran.status);
  });
});

describe('what a file names is not started', () => {
  const tracks = 'tracks.txt';
  /** A program that leaves tracks when it runs. */
  function trap(name: string): string {
    const path = desk.write(
      name,
      `#!/bin/sh\nprintf '%s ' "$0" "$@" >> ${JSON.stringify(desk.path(tracks))}\nexit 1\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }
  const env = (): Record<string, string> => ({ PATH: `${desk.folder}:${process.env.PATH ?? ''}` });

  test('a plug-in of age that only the file asks for', async () => {
    trap('age-plugin-canary');
    const recipient = encodeBech32('age1canary', Buffer.from('plain'));
    const enc = (type: string): string =>
      Buffer.from(
        `age-encryption.org/v1\n-> ${type} AAAA\nAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n`,
      ).toString('base64');
    for (const type of ['canary', 'piv-p256', '../canary', 'scrypt', 'X25519', 'ssh-rsa']) {
      const armored = `-----BEGIN AGE ENCRYPTED FILE-----\n${enc(type)
        .replace(/(.{64})/g, '$1\n')
        .trimEnd()}\n-----END AGE ENCRYPTED FILE-----\n`;
      const entry = `    age:\n        - recipient: ${recipient}\n          enc: ${JSON.stringify(armored)}\n`;
      refused(
        await desk.run(['decrypt', '--filename-override', 'p.yaml'], {
          stdin: changed(/ {4}age:\n( {8}.*\n)+/, entry),
          env: env(),
        }),
        128,
      );
    }
    expect(desk.names()).not.toContain(tracks);
  });

  test('options of gpg in place of a fingerprint, and programs in fields', async () => {
    const gpg = trap('gpg');
    const words = [
      '--output=/tmp/x',
      '-o',
      `$(touch ${desk.path(tracks)})`,
      `;touch ${desk.path(tracks)}`,
      `\`touch ${desk.path(tracks)}\``,
    ];
    for (const word of words) {
      const entry = `    pgp:\n        - fp: ${JSON.stringify(word)}\n          created_at: "2026-01-02T03:04:05Z"\n          enc: ${JSON.stringify(word)}\n`;
      const hostile = changed(/ {4}age:\n( {8}.*\n)+/, entry);
      refused(
        await desk.run(['decrypt', '--filename-override', 'p.yaml'], {
          stdin: hostile,
          env: { ...env(), SOPS_GPG_EXEC: gpg },
        }),
        128,
      );
    }
    // gpg itself may be asked to open the message, which it gets on its standard input; no word of the file is its argument.
    expect(desk.text(tracks)).toBe(`${gpg} --status-fd 2 -d `.repeat(words.length));
  });
});

describe('what a file names is not asked', () => {
  let server: Server;
  let port: number;
  let calls = 0;
  beforeAll(async () => {
    server = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => {
    server.close();
  });

  test('a Vault, with a token at hand', async () => {
    const url = `http://127.0.0.1:${port}`;
    const entry = `    hc_vault:\n        - vault_address: ${url}\n          engine_path: sops\n          key_name: x\n          created_at: "2026-01-02T03:04:05Z"\n          enc: vault:v1:AAAA\n`;
    const hostile = changed(/ {4}age:\n( {8}.*\n)+/, entry);
    const ran = await desk.run(['decrypt', '--filename-override', 'p.yaml'], {
      stdin: hostile,
      env: { VAULT_TOKEN: CANARY, VAULT_ADDR: 'https://vault.example.invalid' },
    });
    refused(ran, 128);
    expect(calls).toBe(0);
  });

  test('a key vault of Azure, with credentials at hand', async () => {
    const entry = `    azure_kv:\n        - vault_url: http://127.0.0.1:${port}\n          name: x\n          version: "1"\n          created_at: "2026-01-02T03:04:05Z"\n          enc: AAAA\n`;
    const hostile = changed(/ {4}age:\n( {8}.*\n)+/, entry);
    const credentials = {
      AZURE_TENANT_ID: '00000000-0000-0000-0000-000000000000',
      AZURE_CLIENT_ID: 'x',
      AZURE_CLIENT_SECRET: CANARY,
      AZURE_AUTHORITY_HOST: `http://127.0.0.1:${port}`,
    };
    const ran = await desk.run(['decrypt', '--filename-override', 'p.yaml'], {
      stdin: hostile,
      env: { ...credentials, SOPS_TS_KEY_TIMEOUT: '2' },
    });
    refused(ran, 128);
    expect(calls).toBe(0);
  });
});
