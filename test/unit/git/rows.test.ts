import { afterAll, describe, expect } from 'vitest';
import { MERGE_CASES } from '../../support/merge-cases.js';
import { MergeDesk, sideOf } from '../../support/merge-desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const desk = new MergeDesk();
afterAll(() => desk.remove());

describe('a merge', () => {
  test.each(sample(Object.entries(MERGE_CASES), 2))(
    '%s',
    async (_, { name = 'f.yaml', base, ours, theirs, merged, mirrored, sides, said }) => {
      const sealed = await desk.encrypt(name, base);
      const texts = {
        base: sealed,
        ours: await desk.edited(name, sealed, () => ours),
        theirs: await desk.edited(name, sealed, () => theirs),
      };
      const ran = await desk.merge(name, texts);
      expect(ran.stderr).toContain(said ?? '');
      if (sides) {
        expect(ran.status).toBe(1);
        expect(await desk.plain(name, sideOf(ran.text, 'ours'))).toBe(sides[0]);
        expect(await desk.plain(name, sideOf(ran.text, 'theirs'))).toBe(sides[1]);
        return;
      }
      expect(ran.status).toBe(0);
      expect(await desk.plain(name, ran.text)).toBe(merged);
      const back = await desk.merge(name, { base: sealed, ours: texts.theirs, theirs: texts.ours });
      expect(await desk.plain(name, back.text)).toBe(mirrored ?? merged);
    },
  );

  test('without a base what is the same stands once, what one side has is there, and the rest is a conflict', async () => {
    const ours = await desk.encrypt('f.yaml', 'same: 1\nmine: 2\nboth: 3\n');
    const theirs = await desk.encrypt('f.yaml', 'same: 1\nboth: 4\nyours: 5\n');
    const ran = await desk.merge('f.yaml', { base: '', ours, theirs });
    expect(ran.status).toBe(1);
    expect(await desk.plain('f.yaml', sideOf(ran.text, 'ours'))).toBe('same: 1\nmine: 2\nboth: 3\nyours: 5\n');
    expect(await desk.plain('f.yaml', sideOf(ran.text, 'theirs'))).toBe('same: 1\nmine: 2\nboth: 4\nyours: 5\n');
  });

  test('without a base the comments of both sides stand there', async () => {
    const ours = await desk.encrypt('f.yaml', 'a:\n  # mine\n  - 1\n  - # mine, too\n    b: 2\n');
    const theirs = await desk.encrypt('f.yaml', 'a:\n  # yours\n  - 1\n  - # yours, too\n    b: 2\n');
    const ran = await desk.merge('f.yaml', { base: '', ours, theirs });
    expect(ran.status).toBe(0);
    const plain = await desk.plain('f.yaml', ran.text);
    for (const text of ['# mine', '# yours', '# mine, too', '# yours, too']) expect(plain).toContain(`${text}\n`);
  });

  test('a side whose MAC does not fit, another format and what is not encrypted are merged as git does', async () => {
    const base = await desk.encrypt('f.yaml', 'a: 1\nb: 2\n');
    const ours = await desk.edited('f.yaml', base, () => 'a: 3\nb: 2\n');
    const broken = String(await desk.edited('f.yaml', base, () => 'a: 1\nb: 4\n')).replace(/mac: ENC.*/, 'mac: ""');
    const ran = await desk.merge('f.yaml', { base, ours, theirs: broken });
    expect(ran.stderr).toContain('theirs: ');
    expect(ran.status).toBe(1);
    expect(ran.text).toMatch(/^<{7} ours$/m);
    const json = await desk.encrypt('f.json', '{"a": 5}');
    expect((await desk.merge('f.yaml', { base, ours, theirs: json })).status).toBe(1);
    const plain = await desk.merge('f.yaml', { base: 'a\nb\nc\n', ours: 'A\nb\nc\n', theirs: 'a\nb\nC\n' });
    expect([plain.status, plain.text]).toEqual([0, 'A\nb\nC\n']);
  });
});
