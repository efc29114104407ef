/** Keys that stand twice in a configuration are told with their lines, in linear time. */
import { expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { inSweeps } from '../../support/sweep.js';

inSweeps(() =>
  test('as many keys twice as there are cost as much each as few do', async () => {
    const desk = new Desk();
    const seconds = async (keys: number): Promise<number> => {
      const lines = Array.from({ length: keys }, (_, at) => `  k${at}: 1\n`).join('');
      desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\nstores:\n${lines}${lines}`);
      const start = performance.now();
      const ran = await desk.run(['encrypt', '--filename-override', 'a.yaml'], { stdin: 'a: 1\n' });
      expect(ran.stderr).toContain(`line ${keys + 4}: mapping key "k0" already defined at line 4`);
      expect(ran.stderr).toContain(`and ${keys - 3} more`);
      return performance.now() - start;
    };
    await seconds(100);
    const few = await seconds(5_000);
    expect(await seconds(40_000)).toBeLessThan(few * 8 * 4);
    desk.remove();
  }),
);
