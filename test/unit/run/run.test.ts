/** The run: the configuration found and trusted, what is made when it is first asked for, and what a fork keeps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatNamed } from '../../../src/formats/registry.js';
import { namedKeys, trustedKeys, trustKeys } from '../../../src/keys/trust.js';
import { openReadingRun, openRun } from '../../../src/run/run.js';
import { hostOf, type TestHost } from '../keys/host.js';

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
let folder: string;
let host: TestHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-run-'));
  host = hostOf({ cwd: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

function configure(text: string): void {
  writeFileSync(join(folder, '.sops.yaml'), text);
}

test('what the configuration names is noted, and not trusted by that', async () => {
  configure(`creation_rules: [{ age: ${RECIPIENT} }]\n`);
  const run = await openRun({}, host);
  expect(run.config?.path).toBe('.sops.yaml');
  expect(namedKeys(run, 'age')).toEqual([RECIPIENT]);
  expect(trustedKeys(run, 'age')).toEqual([]);
  expect(namedKeys(host, 'age')).toEqual([RECIPIENT]);
});

test('a fork has forgotten what the run learnt, but for whom its configuration names', async () => {
  configure(`creation_rules: [{ age: ${RECIPIENT} }]\n`);
  const run = await openRun({}, host);
  trustKeys(run, 'age', ['another']);
  const fork = run.fork({ confirm: undefined });
  expect(fork.config).toBe(run.config);
  expect(namedKeys(fork, 'age')).toEqual([RECIPIENT]);
  expect(namedKeys(run, 'age')).toEqual([RECIPIENT, 'another']);
});

test('a broken configuration is an error, or told to those who can go on', async () => {
  configure('creation_rules: [\n');
  await expect(openRun({}, host)).rejects.toMatchObject({ code: 'config' });
  const told: string[] = [];
  expect((await openRun({}, host, ({ code }) => told.push(code))).config).toBeNull();
  expect(told).toEqual(['config']);
  expect((await openReadingRun({}, host)).config).toBeNull();
  expect(host.warned).toEqual([expect.stringContaining('the configuration is not used: ')]);
});

test('an order that cannot be is refused before the configuration is looked at', async () => {
  configure('creation_rules: 1\n');
  for (const open of [openRun, openReadingRun])
    await expect(open({ decryptionOrder: 'age,age' }, host)).rejects.toMatchObject({ code: 'decryption-order' });
  expect(host.warned).toEqual([]);
});

test('key services that cannot be are told when they are asked for', async () => {
  const run = await openRun({ keyServices: { enableLocal: true, uris: ['nowhere'] } }, host);
  expect(run.config).toBeNull();
  expect(run.decryptionOrder).toEqual(['age', 'pgp']);
  expect(host.warned).toEqual([]);
  expect(run.keyServices).toHaveLength(1);
  expect(run.keyServices).toBe(run.keyServices);
  expect(host.warned).toHaveLength(1);
});

test('a run holds the audit trail of its input, and the indentation of flag or configuration', async () => {
  configure('stores: { json: { indent: 2 } }\n');
  const recorded: string[] = [];
  const audit = { record: async (action: string, file: string) => void recorded.push(`${action} ${file}`) };
  const run = await openRun({}, { ...hostOf({ cwd: folder }), audit });
  await run.trail({ kind: 'file', path: 'a.json' })('rotate');
  expect(recorded).toEqual([`rotate ${join(folder, 'a.json')}`]);
  const json = await formatNamed('json').load();
  const formats = { reader: json, printer: json };
  expect(run.indent(undefined, formats)).toEqual({ reprints: false, width: 2 });
  expect(run.indent(4, formats)).toEqual({ reprints: true, width: 4 });
});
