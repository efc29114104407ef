/** Several runs on one file at once: what each of them changed is there, and nothing comes back that was taken out. */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import type { Input } from '../../../src/operations/requests.js';
import { updateFile } from '../../../src/operations/write/update.js';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sample, sampledTest, WHOLE } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';

const test = sampledTest(6);

const desk = new Desk();
const other = generateIdentity();

afterAll(() => desk.remove());

beforeEach(async () => {
  desk.clear();
  configure(desk.recipient, other.recipient);
  desk.write('f.yaml', 'a: 1\nb: 2\n');
  expect((await desk.run(['encrypt', '-i', 'f.yaml'])).status).toBe(0);
});

function configure(...recipients: readonly string[]): void {
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${recipients.join(',')}\n`);
}

async function plain(name = 'f.yaml', env: Record<string, string> = {}): Promise<string> {
  return (await desk.run(['decrypt', name], { env })).stdout.toString();
}

const statuses = (runs: readonly Ran[]): number[] => runs.map(({ status }) => status);

describe('values', () => {
  test('that are set at the same time are all there', async () => {
    const keys = Array.from({ length: WHOLE ? 20 : 5 }, (_, at) => `k${at}`);
    const runs = await Promise.all(keys.map((key) => desk.run(['set', 'f.yaml', `["${key}"]`, `"${key}"`])));
    expect(statuses(runs)).toEqual(keys.map(() => 0));
    const text = await plain();
    for (const key of keys) expect(text).toContain(`${key}: ${key}\n`);
    expect(desk.names()).toEqual(['.sops.yaml', 'f.yaml']);
  });

  test('that are set, unset, and encrypted anew at the same time are as each wants them', async () => {
    const runs = await Promise.all([
      desk.run(['set', 'f.yaml', '["c"]', '3']),
      desk.run(['unset', 'f.yaml', '["a"]']),
      desk.run(['rotate', '-i', 'f.yaml']),
      desk.run(['set', 'f.yaml', '["d"]', '4']),
    ]);
    expect(statuses(runs)).toEqual([0, 0, 0, 0]);
    expect((await plain()).split('\n').sort()).toEqual(['', 'b: 2', 'c: 3', 'd: 4']);
  });

  test('that somebody sets are not undone by `encrypt --update`, whose plaintext was made without them', async () => {
    const input = { kind: 'file', path: 'f.yaml' } as const;
    const plaintext: Input = {
      kind: 'stdin',
      async read() {
        expect((await desk.run(['set', 'f.yaml', '["c"]', '3'])).status).toBe(0);
        return Buffer.from('a: 1\nb: 20\n');
      },
    };
    const host = hostOf({ cwd: desk.folder, env: desk.env });
    const update = updateFile({ input, output: { kind: 'in-place' }, plaintext }, host);
    await expect(update).rejects.toMatchObject({ code: 'changed-meanwhile', exitStatus: 75 });
    expect(await plain()).toBe('a: 1\nb: 2\nc: 3\n');
  });

  test('are taken into a file whose keys somebody has changed meanwhile', async () => {
    const input = { kind: 'file', path: 'f.yaml' } as const;
    configure(desk.recipient);
    const plaintext: Input = {
      kind: 'stdin',
      async read() {
        expect((await desk.run(['updatekeys', '-y', 'f.yaml'])).status).toBe(0);
        return Buffer.from('a: 1\nb: 20\n');
      },
    };
    const host = hostOf({ cwd: desk.folder, env: desk.env });
    await updateFile({ input, output: { kind: 'in-place' }, plaintext }, host);
    expect(await plain()).toBe('a: 1\nb: 20\n');
    expect(desk.text('f.yaml')).not.toContain(other.recipient);
  });
});

describe('a recipient who is taken out', () => {
  test.each(sample([1, 2, 3, 4, 5], 3))('is not brought back by `set` beside `updatekeys` (%i)', async () => {
    configure(desk.recipient);
    const runs = await Promise.all([
      desk.run(['set', 'f.yaml', '["c"]', '3']),
      desk.run(['updatekeys', '-y', 'f.yaml']),
      desk.run(['set', 'f.yaml', '["d"]', '4']),
    ]);
    expect(statuses(runs)).toEqual([0, 0, 0]);
    expect(desk.text('f.yaml')).not.toContain(other.recipient);
    expect(await plain()).toBe('a: 1\nb: 2\nc: 3\nd: 4\n'.replace('c: 3\nd: 4\n', tail()));
    expect(await plain('f.yaml', { SOPS_AGE_KEY: other.identity })).toBe('');
  });

  /** The order of the two new entries is that of their runs. */
  function tail(): string {
    return /^c: ENC[^\n]*\nd: /m.test(desk.text('f.yaml')) ? 'c: 3\nd: 4\n' : 'd: 4\nc: 3\n';
  }

  test('is not brought back by `set` beside `revoke`, nor in the configuration', async () => {
    const runs = await Promise.all([
      desk.run(['set', 'f.yaml', '["c"]', '3']),
      desk.run(['revoke', '-y', other.recipient]),
      desk.run(['set', 'f.yaml', '["d"]', '4']),
    ]);
    expect(statuses(runs)).toEqual([0, 0, 0]);
    expect(desk.text('f.yaml')).not.toContain(other.recipient);
    expect(desk.text('.sops.yaml')).not.toContain(other.recipient);
    expect((await plain()).split('\n')).toHaveLength(5);
  });

  test('is not brought back by `edit`, whose text is saved all the same', async () => {
    configure(desk.recipient);
    const [edited, updated] = await Promise.all([
      desk.run(['edit', 'f.yaml'], { env: { EDITOR: `sh -c 'sleep 1; echo c: 3 >> "$1"' edit` } }),
      desk.run(['updatekeys', '-y', 'f.yaml']),
    ]);
    expect([edited.status, updated.status]).toEqual([0, 0]);
    expect(desk.text('f.yaml')).not.toContain(other.recipient);
    expect(await plain()).toBe('a: 1\nb: 2\nc: 3\n');
  });
});

describe('groups', () => {
  // Nobody is a stranger where no rules say who is to read the file.
  beforeEach(() => rmSync(desk.path('.sops.yaml')));
  const added = (recipient: string): Promise<Ran> =>
    desk.run(['groups', 'add', '-i', '-f', 'f.yaml', '--age', `${desk.recipient},${recipient}`]);

  test('that are added at the same time are all there', async () => {
    const groups = [1, 2, 3].map(() => generateIdentity().recipient);
    expect(statuses(await Promise.all(groups.map(added)))).toEqual([0, 0, 0]);
    for (const recipient of groups) expect(desk.text('f.yaml')).toContain(recipient);
    expect(await plain()).toBe('a: 1\nb: 2\n');
  });

  test('are deleted once by two who count them at the same time', async () => {
    for (let at = 0; at < 3; at++) expect((await added(generateIdentity().recipient)).status).toBe(0);
    const words = ['groups', 'delete', '-i', '-f', 'f.yaml', '--shamir-secret-sharing-threshold', '2', '1'];
    const runs = await Promise.all([desk.run(words), desk.run(words)]);
    expect(statuses(runs).sort()).toEqual([0, 75]);
    expect(runs.map(({ stderr }) => stderr).join()).toContain('f.yaml was changed by somebody else meanwhile');
  });
});

test('two who encrypt a file in place encrypt it once', async () => {
  desk.write('p.yaml', 'a: 1\n');
  const runs = await Promise.all([desk.run(['encrypt', '-i', 'p.yaml']), desk.run(['encrypt', '-i', 'p.yaml'])]);
  expect(statuses(runs).sort()).toEqual([0, 203]);
  expect(await plain('p.yaml')).toBe('a: 1\n');
});

test('two who decrypt a file in place decrypt it once', async () => {
  const runs = await Promise.all([desk.run(['decrypt', '-i', 'f.yaml']), desk.run(['decrypt', '-i', 'f.yaml'])]);
  expect(statuses(runs).filter((status) => status === 0)).toHaveLength(1);
  expect(desk.text('f.yaml')).toBe('a: 1\nb: 2\n');
});

test('the result of a command that names its own file as output is compared, too', async () => {
  const runs = await Promise.all([
    desk.run(['rotate', '--output', './f.yaml', 'f.yaml']),
    desk.run(['set', 'f.yaml', '["c"]', '3']),
  ]);
  expect(statuses(runs)).toEqual([0, 0]);
  expect(await plain()).toBe('a: 1\nb: 2\nc: 3\n');
  expect(readFileSync(desk.path('f.yaml'), 'utf8')).toContain('mac: ENC[');
});
