import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { engineTuning } from '../../../src/cli/start/engine-tuning.js';
import type { InputSize } from '../../../src/util/host/host.js';

const KILO = 1024;
const PLAIN = { isEncrypted: false, keepsHeapSmall: false };
/** The optimising compiler takes less code into a function. */
const LIMITED = '--max-inlined-bytecode-size-cumulative=200';
/** Up to V8 11 it is asked for later, too. */
const LATER = '--interrupt-budget=600000';
const SEALED = { isEncrypted: true, keepsHeapSmall: false };

/** The flags that V8 of a version gets for the inputs of one run. */
async function flagsFor(version: string | undefined, ...inputs: (InputSize | 'written')[]) {
  const flags: string[] = [];
  const tune = engineTuning({ version, setFlag: async (flag) => void flags.push(flag) });
  for (const input of inputs) await (input === 'written' ? tune.beforeWriting() : tune.prepareFor(input));
  return flags;
}

test('the compilers that optimise rest while the inputs are short', async () => {
  expect(await flagsFor('11.3', { bytes: 10 * KILO, ...PLAIN })).toEqual(['--no-opt']);
  expect(await flagsFor('12.4', { bytes: 100 * KILO, ...PLAIN })).toEqual(['--no-opt']);
  expect(await flagsFor('13.6', { bytes: 40 * KILO, ...SEALED })).toEqual(['--no-opt', '--no-maglev']);
});

test('nothing is told for a handful of values, as all that is loaded afterwards would be compiled anew', async () => {
  expect(await flagsFor('12.4', { bytes: 7 * KILO, ...PLAIN })).toEqual([]);
  expect(await flagsFor('13.6', { bytes: 20 * KILO, ...SEALED })).toEqual([]);
  expect(await flagsFor('13.6', { bytes: 20 * KILO, ...SEALED }, { bytes: 20 * KILO, ...SEALED })).toEqual([
    '--no-opt',
    '--no-maglev',
  ]);
});

test('they work again before the first file is written, as that loads what was kept without flags', async () => {
  const short = { bytes: 40 * KILO, ...SEALED };
  expect(await flagsFor('13.6', short, 'written')).toEqual(['--no-opt', '--no-maglev', '--opt', '--maglev']);
  expect(await flagsFor('11.3', short, 'written', short, 'written')).toEqual(['--no-opt', '--opt', '--no-opt']);
  expect(await flagsFor('11.3', 'written')).toEqual([]);
});

test('they work from the beginning for a long input, with less code in a function', async () => {
  expect(await flagsFor('12.4', { bytes: 129 * KILO, ...PLAIN })).toEqual([LIMITED]);
  expect(await flagsFor('12.4', { bytes: 500 * KILO, ...SEALED })).toEqual(['--no-opt']);
  expect(await flagsFor('12.4', { bytes: 513 * KILO, ...SEALED })).toEqual([LIMITED]);
});

test('where there are two, the faster one works before the other', async () => {
  expect(await flagsFor('13.6', { bytes: 129 * KILO, ...PLAIN })).toEqual(['--no-opt']);
  expect(await flagsFor('13.6', { bytes: 3000 * KILO, ...PLAIN })).toEqual([LIMITED]);
});

test('they work again when the inputs of a run have come to much', async () => {
  const files = Array.from({ length: 100 }, () => ({ bytes: 10 * KILO, ...SEALED }));
  expect(await flagsFor('11.3', ...files)).toEqual(['--no-opt', '--opt', LIMITED, LATER]);
  expect(await flagsFor('13.6', ...files)).toEqual(['--no-opt', '--no-maglev', '--maglev']);
  expect(await flagsFor('13.6', ...Array(10).fill(files).flat())).toEqual([
    '--no-opt',
    '--no-maglev',
    '--maglev',
    '--opt',
    LIMITED,
  ]);
});

test('the heap is kept small for large files of formats that gain by it', async () => {
  const large = { bytes: 5000 * KILO, isEncrypted: true };
  expect(await flagsFor('12.4', { ...large, keepsHeapSmall: true })).toEqual([LIMITED, '--heap-growing-percent=20']);
  expect(await flagsFor('11.3', { ...large, keepsHeapSmall: true })).toEqual([
    LIMITED,
    LATER,
    '--heap-growing-percent=20',
  ]);
  expect(await flagsFor('11.3', { ...large, keepsHeapSmall: false })).toEqual([LIMITED, LATER]);
});

test('other engines, and versions that nobody tried, are left alone', async () => {
  expect(await flagsFor(undefined, { bytes: 10 * KILO, ...PLAIN })).toEqual([]);
  expect(await flagsFor('10.2', { bytes: 10 * KILO, ...PLAIN })).toEqual([]);
});

test('an engine that refuses does not stop the run', async () => {
  const tune = engineTuning({ version: '13.6', setFlag: () => Promise.reject(new Error('no such flag')) });
  await expect(tune.prepareFor({ bytes: 10 * KILO, ...PLAIN })).resolves.toBeUndefined();
});

test('the running version of Node takes the flags, where it would say that it does not know one', () => {
  const said = (...flags: string[]) => {
    const script = flags.map((flag) => `require('node:v8').setFlagsFromString('${flag}');`).join('');
    return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stderr;
  };
  expect(said('--no-opt', '--opt', '--no-maglev', '--maglev', '--heap-growing-percent=20', LIMITED)).toBe('');
  expect(said('--no-such-flag')).toContain('no-such-flag');
});
