/** Many files are work for V8's compilers from the first one on. */
import { expect, test } from 'vitest';
import { prepareForMany } from '../../../src/cli/many/start-sharing.js';
import { engineTuning } from '../../../src/cli/start/engine-tuning.js';
import type { Host } from '../../../src/util/host/host.js';

async function flagsWith(files: number | undefined, version = '12.4'): Promise<string[]> {
  const flags: string[] = [];
  const tuning = engineTuning({ version, setFlag: async (flag) => void flags.push(flag) });
  prepareForMany({ ...tuning } as unknown as Host, files);
  for (let file = 0; file < 100; file++)
    await tuning.prepareFor({ bytes: 1300, isEncrypted: true, keepsHeapSmall: false });
  return flags;
}

test('with many files the compilers never rest, in either process', async () => {
  for (const files of [250, 1000, undefined]) {
    expect(await flagsWith(files)).toEqual(['--max-inlined-bytecode-size-cumulative=200']);
    expect(await flagsWith(files, '11.3')).toContain('--interrupt-budget=600000');
  }
});

test('with few files they rest until the inputs come to more', async () => {
  expect(await flagsWith(249)).toEqual(['--no-opt']);
});
