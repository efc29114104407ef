/** What `refs` of a `.sops.yaml` allows references in files: once the configuration is trusted, and no more than it says. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const desk = new Desk();
afterAll(() => desk.remove());
beforeAll(() => {
  mkdirSync(join(desk.folder, 'repo/app'), { recursive: true });
  mkdirSync(join(desk.folder, 'shared'));
  desk.write('shared/a.txt', 'shared');
  desk.write('other.txt', 'other');
  symlinkSync('../other.txt', join(desk.folder, 'shared/link.txt'));
});

async function evaluated(reference: string, allow: readonly string[], trusts = true): Promise<Ran> {
  desk.write('repo/.sops.yaml', `refs:\n  allow: ${JSON.stringify(allow)}\n`);
  desk.write('repo/app/doc.yaml', `a: ${reference}\n`);
  if (trusts) expect((await desk.run(['trust', 'repo'])).status).toBe(0);
  return desk.run(['refs', 'eval', 'repo/app/doc.yaml']);
}

describe('a trusted configuration', () => {
  test.each([
    ['a scheme', 'ref+exec://echo/x', ['exec'], 'a: x\n'],
    ['a program', 'ref+exec://echo/x', ['exec://echo'], 'a: x\n'],
    ['a variable', '"ref+envsubst://$HOME"', ['envsubst://$HOME'], `a: "${desk.path('home')}"\n`],
    ['a folder, seen from the configuration', 'ref+file://../../shared/a.txt', ['file://../shared'], 'a: shared\n'],
    [
      'a file, absolute',
      `ref+file://${desk.path('shared/a.txt')}`,
      [`file://${desk.path('shared/a.txt')}`],
      'a: shared\n',
    ],
    ['with a slash at the end', 'ref+file://../../shared/a.txt', ['file://../shared/'], 'a: shared\n'],
  ])('allows %s', async (_, reference, allow, expected) => {
    const ran = await evaluated(reference, allow);
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, expected]);
  });

  test.each([
    ['another scheme', 'ref+exec://echo/x', ['envsubst']],
    ['another program', 'ref+exec://echo/x', ['exec://ech', 'exec://echo/y']],
    ['a program of the same beginning', 'ref+exec://echo2', ['exec://echo']],
    ['another variable', '"ref+envsubst://$HOME$PATH"', ['envsubst://$HOME']],
    ['further variables behind it', '"ref+envsubst://$HOME/$PATH"', ['envsubst://$HOME']],
    ['a way out of a folder of programs', 'ref+exec:///bin/../bin/echo', ['exec:///bin']],
    ['variables of a program', 'ref+exec://echo/x?env_LD_PRELOAD=x.so', ['exec://echo']],
    ['a folder of the same beginning', 'ref+file://../../other.txt', ['file://../oth', 'file://../shared']],
    ['what a link leads to', 'ref+file://../../shared/link.txt', ['file://../shared']],
    ['another scheme of files', 'ref+file://../../shared/a.txt', ['sops://../shared']],
    ['another server', 'ref+vault://secret/app?address=https://evil.example#/x', ['vault://vault.example']],
    [
      'the same server without TLS',
      'ref+vault://secret/app?address=http://vault.example#/x',
      ['vault://vault.example'],
    ],
  ])('does not allow %s', async (_, reference, allow) => {
    const ran = await evaluated(reference, allow);
    expect([ran.status, ran.stdout.toString()]).toEqual([78, '']);
    expect(ran.stderr).toContain('sops-ts trust');
  });

  test('allows a server by its port, which is asked then', async () => {
    const ran = await evaluated('ref+vault://secret/app?address=https://127.0.0.1:1#/x', ['vault://127.0.0.1:1']);
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
  });

  test('is trusted as it is only', async () => {
    expect((await evaluated('ref+exec://echo/x', ['exec'])).status).toBe(0);
    expect((await evaluated('ref+exec://echo/x', ['exec', 'file'], false)).status).toBe(78);
  });
});

test('what it allows is told when it is to be trusted', async () => {
  desk.write('repo/.sops.yaml', 'refs: {allow: [exec, "file:///etc/app"]}\n');
  const told = (await desk.run(['trust', 'repo'])).stdout.toString();
  expect(told).toContain('ref+exec://… in files beyond what is always allowed');
  expect(told).toContain('ref+file:///etc/app in files');
});

test('exec-env and decrypt go by the configuration that is named', async () => {
  const allowing = desk.write('allowing.yaml', 'refs: {allow: [exec]}\n');
  desk.write('secrets.yaml', await desk.encrypt('secrets.yaml', 'A: ref+exec://echo/x\n'));
  await desk.run(['trust', '--config', allowing]);
  const words = ['exec-env', '--resolve-refs', 'secrets.yaml', '--', 'sh', '-c', 'echo "$A"'];
  expect((await desk.run(words)).status).toBe(78);
  expect((await desk.run([...words.slice(0, 1), '--config', allowing, ...words.slice(1)])).stdout.toString()).toBe(
    'x\n',
  );
  const printed = await desk.run(['decrypt', '--resolve-refs', '--config', allowing, 'secrets.yaml']);
  expect(printed.stdout.toString()).toBe('A: x\n');
});

test.each([
  ['a key that is not known', 'refs: {allowed: [exec]}', '"allowed" is not known'],
  ['what is not a scheme', 'refs: {allow: ["exec:/x"]}', 'neither SCHEME nor SCHEME://PART'],
])('%s is an error of the configuration', async (_, text, said) => {
  desk.write('wrong.yaml', `${text}\ncreation_rules: [{age: ${desk.recipient}}]\n`);
  const ran = await desk.run(['encrypt', '--config', 'wrong.yaml', '--filename-override', 'x.yaml'], {
    stdin: 'a: 1\n',
  });
  expect([ran.status, ran.stdout.toString()]).toEqual([1, '']);
  expect(ran.stderr).toContain(said);
});

test('a scheme that is not one is told, by trust and where it would have counted, and refused as a flag', async () => {
  desk.write('repo/.sops.yaml', 'refs:\n  allow: [exce, exec]\n');
  const said = '"exce", which is not a scheme';
  expect((await desk.run(['trust', 'repo'])).stderr).toContain(said);
  desk.write('repo/app/doc.yaml', 'a: ref+exec://echo/x\nb: ref+exec://echo/z\n');
  const ran = await desk.run(['refs', 'eval', 'repo/app/doc.yaml']);
  expect([ran.status, ran.stdout.toString(), ran.stderr.split(said).length]).toEqual([0, 'a: x\nb: z\n', 2]);
  const flagged = await desk.run(['refs', 'eval', '--allow-ref', 'exce', 'repo/app/doc.yaml']);
  expect([flagged.status, flagged.stderr]).toEqual([1, expect.stringContaining('"exce" is not a scheme')]);
});
