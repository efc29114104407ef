/**
 * The real sops, of every release that there is here, reads what a merge leaves: the result, and either side of all marks; of cases and
 * of random documents (`MERGE_RUNS` of each format).
 */
import { afterAll, describe, expect, test } from 'vitest';
import { type FormatName, formatMeantBy } from '../../src/formats/registry.js';
import fc from '../support/fast-check.js';
import { MERGE_CASES } from '../support/merge-cases.js';
import { MergeDesk, sideOf } from '../support/merge-desk.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import {
  changes,
  comparable,
  FORMATS,
  mergeBothWays,
  model,
  outcomesOf,
  readJson,
  sealModels,
} from '../support/random-merges.js';
import { meaningOf, SOPS_OLDER, sopsOn } from '../support/sops.js';

const PROGRAMS = [SOPS, SOPS_OLDER].filter((file) => file !== undefined);
const cases = Object.entries(MERGE_CASES);
if (!SOPS) announceSkipped(cases.length + 7, 'there is no sops program');

const desk = new MergeDesk();
afterAll(() => desk.remove());

/** What each sops says that a file holds. */
async function readBySops(name: string, text: string): Promise<unknown[]> {
  const format: FormatName = formatMeantBy(name).name;
  desk.write(name, text);
  const read: unknown[] = [];
  for (const file of PROGRAMS) {
    const ran = await sopsOn(desk, ['decrypt', name], { file });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    read.push((await meaningOf(ran.stdout, format)).leaves);
  }
  return read;
}

async function meant(name: string, plain: string): Promise<unknown[]> {
  const { leaves } = await meaningOf(Buffer.from(plain), formatMeantBy(name).name);
  return PROGRAMS.map(() => leaves);
}

describe.skipIf(!SOPS)('sops reads a merge', () => {
  test.each(cases)('%s', async (_, { name = 'f.yaml', base, ours, theirs, merged, mirrored, sides }) => {
    const sealed = await desk.encrypt(name, base);
    const own = await desk.edited(name, sealed, () => ours);
    const other = await desk.edited(name, sealed, () => theirs);
    const there = await desk.merge(name, { base: sealed, ours: own, theirs: other });
    const back = await desk.merge(name, { base: sealed, ours: other, theirs: own });
    if (sides) {
      const [one, two] = [await meant(name, sides[0]), await meant(name, sides[1])];
      expect(await readBySops(name, sideOf(there.text, 'ours'))).toEqual(one);
      expect(await readBySops(name, sideOf(there.text, 'theirs'))).toEqual(two);
      expect(await readBySops(name, sideOf(back.text, 'ours'))).toEqual(two);
      expect(await readBySops(name, sideOf(back.text, 'theirs'))).toEqual(one);
      return;
    }
    expect(await readBySops(name, there.text)).toEqual(await meant(name, merged ?? ''));
    expect(await readBySops(name, back.text)).toEqual(await meant(name, mirrored ?? merged ?? ''));
  });

  test('files that sops itself wrote and changed on both sides, its key lists and rotation included', async () => {
    const change = async (bytes: string, ...words: string[]): Promise<string> => {
      desk.write('s.yaml', bytes);
      const ran = await sopsOn(desk, [...words]);
      expect(ran.stderr).toBe('');
      return desk.text('s.yaml');
    };
    desk.write('s.yaml', 'db:\n    user: alice\n    password: one\nlist:\n    - a\n    - b\nport: 1\n');
    await sopsOn(desk, ['encrypt', '-i', 's.yaml']);
    const base = desk.text('s.yaml');
    const set = await change(base, 'set', 's.yaml', '["db"]["user"]', '"bob"');
    const other = await change(base, 'set', 's.yaml', '["db"]["password"]', '"two"');
    const rotated = await change(other, 'rotate', '-i', 's.yaml');
    for (const theirs of [other, rotated]) {
      for (const [ours, second] of [
        [set, theirs],
        [theirs, set],
      ] as const) {
        const merged = await desk.merge('s.yaml', { base, ours, theirs: second });
        expect(merged.status).toBe(0);
        const plain = 'db:\n  user: bob\n  password: two\nlist: [a, b]\nport: 1\n';
        expect(await readBySops('s.yaml', merged.text)).toEqual(await meant('s.yaml', plain));
      }
    }
    const third = await change(base, 'set', 's.yaml', '["db"]["user"]', '"carol"');
    const conflict = await desk.merge('s.yaml', { base, ours: set, theirs: third });
    expect(conflict.status).toBe(1);
    for (const [side, user] of [
      ['ours', 'bob'],
      ['theirs', 'carol'],
    ] as const) {
      const plain = `db:\n  user: ${user}\n  password: one\nlist: [a, b]\nport: 1\n`;
      expect(await readBySops('s.yaml', sideOf(conflict.text, side))).toEqual(await meant('s.yaml', plain));
    }
  });
});

/** SOPS knows no TOML. */
const KNOWN = FORMATS.filter(({ name }) => !name.endsWith('.toml'));

describe.skipIf(!SOPS).each(KNOWN)('sops reads random merges of $name', (format) => {
  test('whichever side is ours', { timeout: 600_000 }, async () => {
    const { name } = format;
    await fc.assert(
      fc.asyncProperty(model, changes, changes, async (...drawn) => {
        const made = await sealModels(desk, format, drawn);
        const { texts } = outcomesOf(made, await mergeBothWays(desk, name, made.versions));
        for (const [text, holds] of texts) {
          desk.write(name, text);
          for (const file of PROGRAMS) {
            const ran = await sopsOn(desk, ['decrypt', '--output-type', 'json', name], { file });
            expect(ran).toMatchObject({ status: 0, stderr: '' });
            expect(readJson(ran.stdout.toString('utf8'))).toEqual(comparable(format, holds));
          }
        }
      }),
      { numRuns: Number(process.env.MERGE_RUNS ?? 3) },
    );
  });
});

test('ten times as many leaves take about ten times as long', { timeout: 600_000 }, async () => {
  const timed = async (count: number): Promise<number> => {
    const plain = Array.from({ length: count }, (_, at) => `key-${at}: value ${at}\n`).join('');
    const base = await desk.encrypt('many.yaml', plain);
    const last = count - 1;
    const ours = await desk.edited('many.yaml', base, (text) => text.replace('value 1\n', 'ours\n'));
    const theirs = await desk.edited('many.yaml', base, (text) => text.replace(`value ${last}\n`, 'theirs\n'));
    const start = performance.now();
    const merged = await desk.merge('many.yaml', { base, ours, theirs });
    const took = performance.now() - start;
    expect(merged.status).toBe(0);
    expect(merged.text.match(/^key-\d+: ENC/gm)).toHaveLength(count);
    return took;
  };
  await timed(1000);
  const [few, many] = [await timed(1000), await timed(10_000)];
  expect(many).toBeLessThan(few * 30);
});
