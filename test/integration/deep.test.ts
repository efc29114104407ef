/** Deep documents through the real sops and ours, both ways. */
import { afterAll, describe, expect, test } from 'vitest';
import { DEEP_CONFIGS, DEEP_RULES, DEEPEST_CONFIG } from '../support/deep-config.js';
import { DEEP_TEXTS, SHORT_SHAPES } from '../support/deep-text.js';
import { Desk } from '../support/desk.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { sopsOn } from '../support/sops.js';

/** What is indented takes SOPS hundreds of megabytes when it is deeper. */
const depthsOf = (shape: string) => (SHORT_SHAPES.has(shape) ? [3000, 9990] : [3000]);
const CASES = Object.entries(DEEP_TEXTS).flatMap(([shape, textOf]) =>
  depthsOf(shape).map((depth) => ({ shape, depth, textOf })),
);
const CONFIGS = [
  ...Object.entries(DEEP_CONFIGS).map(([shape, part]) => ({
    shape,
    config: (recipient: string) => `${part}creation_rules:\n  - age: ${recipient}\n`,
  })),
  ...Object.entries(DEEP_RULES).map(([shape, config]) => ({ shape: `${shape} in a rule`, config })),
];
if (!SOPS) announceSkipped(CASES.length + CONFIGS.length + 1, 'there is no sops program');

const desk = new Desk();
afterAll(() => desk.remove());

describe.skipIf(!SOPS)('as deep as SOPS takes it', () => {
  test.each(CASES)(
    '$shape, $depth deep',
    async ({ depth, textOf }) => {
      const text = textOf(depth);
      desk.write('p.yaml', text);
      const ours = await desk.run(['encrypt', 'p.yaml']);
      const theirs = await sopsOn(desk, ['encrypt', 'p.yaml']);
      expect([ours.status, theirs.status, ours.stderr]).toEqual([0, 0, '']);
      desk.write('ours.yaml', ours.stdout);
      desk.write('theirs.yaml', theirs.stdout);
      const [own, read, opened, canonical] = await Promise.all([
        desk.run(['decrypt', 'ours.yaml']),
        sopsOn(desk, ['decrypt', 'ours.yaml']),
        desk.run(['decrypt', 'theirs.yaml']),
        sopsOn(desk, ['decrypt', 'theirs.yaml']),
      ]);
      expect(own.stdout.equals(Buffer.from(text))).toBe(true);
      expect([read.status, canonical.status, read.stdout.equals(canonical.stdout)]).toEqual([0, 0, true]);
      expect(opened.stdout.equals(canonical.stdout)).toBe(true);
    },
    300_000,
  );

  test.each(CONFIGS)(
    'a configuration: $shape',
    async ({ config }) => {
      desk.clear();
      desk.write('.sops.yaml', config(desk.recipient));
      desk.write('p.yaml', 'a: x\n');
      const env = { SOPS_AGE_RECIPIENTS: '' };
      const [ours, theirs] = [
        await desk.run(['encrypt', 'p.yaml'], { env }),
        await sopsOn(desk, ['encrypt', 'p.yaml'], { env }),
      ];
      expect([ours.status, theirs.status, ours.stderr]).toEqual([0, 0, '']);
      expect(ours.stdout.toString()).toContain(`recipient: ${desk.recipient}`);
      expect(theirs.stdout.toString()).toContain(`recipient: ${desk.recipient}`);
    },
    300_000,
  );

  test('and a configuration no deeper', async () => {
    desk.clear();
    desk.write('.sops.yaml', `x: ${'['.repeat(DEEPEST_CONFIG + 1)}${']'.repeat(DEEPEST_CONFIG + 1)}\n`);
    desk.write('p.yaml', 'a: x\n');
    const [ours, theirs] = [await desk.run(['encrypt', 'p.yaml']), await sopsOn(desk, ['encrypt', 'p.yaml'])];
    expect([ours.status === 0, theirs.status === 0]).toEqual([false, false]);
    desk.clear();
  }, 60_000);

  test('and no deeper', async () => {
    const texts = [`a: ${'['.repeat(10_001)}x${']'.repeat(10_001)}\n`, `a:\n  ${'- '.repeat(10_000)}x\n`];
    for (const text of texts) {
      desk.write('p.yaml', text);
      const [ours, theirs] = await Promise.all([desk.run(['encrypt', 'p.yaml']), sopsOn(desk, ['encrypt', 'p.yaml'])]);
      expect([ours.status === 0, theirs.status === 0]).toEqual([false, false]);
    }
  }, 60_000);
});
