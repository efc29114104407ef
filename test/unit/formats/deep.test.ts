/** Deep nesting: all that SOPS takes, whatever the call stack holds, and a clear error beyond. */
import { afterAll, describe, expect } from 'vitest';
import { YAML_MAX_DEPTH } from '../../../src/formats/yaml/node.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import { DEEP_TEXTS, SHORT_SHAPES } from '../../support/deep-text.js';
import { Desk } from '../../support/desk.js';
import { inSweeps, sampledTest, WHOLE } from '../../support/sweep.js';
import { read, roundTrip } from './store-support.js';

const test = sampledTest(6);

const desk = new Desk();
afterAll(() => desk.remove());
const DEEP = 9990;
/** The others have texts of some fifty megabytes. */
const isQuick = (shape: string): boolean => WHOLE || SHORT_SHAPES.has(shape);

describe.each(Object.entries(DEEP_TEXTS))('%s', (shape, textOf) => {
  test.each(SHORT_SHAPES.has(shape) ? [500, DEEP] : [WHOLE ? 2000 : 1000])(
    '%i deep are read, sealed and given back',
    (depth) => {
      const { cipher, plain, isSameTree } = roundTrip(yamlStore, textOf(depth));
      expect([plain === textOf(depth), isSameTree, /\bx\b/.test(cipher)]).toEqual([true, true, false]);
    },
  );

  test.runIf(isQuick(shape))(
    `${DEEP} deep are read, and shorter ones printed`,
    () => {
      expect(() => read(yamlStore, textOf(DEEP))).not.toThrow();
      const printed = yamlStore.emit(read(yamlStore, textOf(2000)).documents, null, { indent: 2 });
      expect(read(yamlStore, printed).documents).toHaveLength(1);
      expect(printed.endsWith('x\n')).toBe(true);
    },
    60_000,
  );

  test.runIf(isQuick(shape))(
    'deeper ones are refused in a moment',
    () => {
      expect(() => read(yamlStore, textOf(YAML_MAX_DEPTH + 4))).toThrow(
        /^line \d+, column \d+: values are nested deeper than 10000 levels$/,
      );
    },
    60_000,
  );
});

test('the limits are those of go-yaml: blocks and brackets each, lists in the column of their keys are none', () => {
  const brackets = (count: number) => `a: ${'['.repeat(count)}x${']'.repeat(count)}\n`;
  const dashes = (count: number) => `a:\n  ${'- '.repeat(count)}x\n`;
  for (const text of [
    brackets(YAML_MAX_DEPTH),
    dashes(YAML_MAX_DEPTH - 1),
    dashes(9000).replace('x', brackets(9000).slice(3, -1)),
  ])
    expect(() => read(yamlStore, text)).not.toThrow();
  for (const text of [brackets(YAML_MAX_DEPTH + 1), dashes(YAML_MAX_DEPTH)])
    expect(() => read(yamlStore, text)).toThrow('nested deeper');
});

test('aliases cannot lead deeper', () => {
  const half = `${'['.repeat(6000)}x${']'.repeat(6000)}`;
  expect(() => read(yamlStore, `a: &a ${half}\nb: [*a]\n`)).not.toThrow();
  expect(() => read(yamlStore, `a: &a ${half}\nb: ${'['.repeat(6000)}*a${']'.repeat(6000)}\n`)).toThrow(
    'nested deeper',
  );
});

describe('commands', () => {
  const PLACE = `["a"]${'[0]'.repeat(DEEP - 1)}`;
  const text = DEEP_TEXTS['lists in brackets'] ?? expect.fail();

  inSweeps(() => {
    test('encrypt, set, decrypt, rotate and why work on a deep value', async () => {
      desk.write('deep.yaml', text(DEEP));
      expect(await desk.run(['encrypt', '-i', 'deep.yaml'])).toMatchObject({ status: 0, stderr: '' });
      expect((await desk.run(['decrypt', '--extract', PLACE, 'deep.yaml'])).stdout.toString()).toBe('x');
      expect(await desk.run(['set', 'deep.yaml', PLACE, '"new"'])).toMatchObject({ status: 0 });
      expect(await desk.run(['rotate', '-i', 'deep.yaml'])).toMatchObject({ status: 0 });
      expect((await desk.run(['decrypt', 'deep.yaml'])).stdout.toString()).toBe(text(DEEP).replace('x', 'new'));
      expect(await desk.run(['why', 'deep.yaml'])).toMatchObject({ status: 0 });
      const json = await desk.run(['decrypt', '--output-type', 'json', '--indent', '0', 'deep.yaml']);
      expect([json.status, json.stdout.toString().replace(/\s/g, '')]).toEqual([
        0,
        `{"a":${'['.repeat(DEEP - 1)}"new"${']'.repeat(DEEP - 1)}}`,
      ]);
    }, 120_000);
  });

  const HOSTILE = {
    'open.yaml': `a: ${'['.repeat(100_000)}\n`,
    'braces.yaml': `a: ${'{a: '.repeat(100_000)}\n`,
    'dashes.yaml': `a:\n  ${'- '.repeat(100_000)}x\n`,
    'keys.yaml': `${'? '.repeat(100_000)}x\n`,
    'sealed.yaml': `a: x\nsops:\n  mac: ${'['.repeat(100_000)}\n`,
    'open.json': `{"a":${'['.repeat(100_000)}`,
    'closed.json': `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  };
  test.each(Object.entries(HOSTILE))('%s is refused by name, by every command', async (name, content) => {
    desk.write(name, content);
    const commands = [['encrypt'], ['decrypt'], ['rotate'], ['filestatus'], ['why'], ['set', name, '["a"]', '1']];
    for (const [command = '', ...more] of commands) {
      const ran = await desk.run(command === 'set' ? [command, ...more] : [command, ...more, name]);
      const said = ran.stdout.toString() + ran.stderr;
      expect([command, ran.status === 0 || ran.status === 70, said.includes(name)]).toEqual([command, false, true]);
      expect(said).toMatch(/levels|nest/);
    }
  });

  test('a configuration is refused where it nests too deep', async () => {
    desk.write('.sops.yaml', `creation_rules: ${'['.repeat(100_000)}\n`);
    desk.write('plain.yaml', 'a: b\n');
    for (const words of [
      ['encrypt', 'plain.yaml'],
      ['why', 'plain.yaml'],
    ]) {
      const ran = await desk.run(words);
      expect([
        words,
        ran.status === 0 || ran.status === 70,
        /nested deeper than 10000 levels/.test(ran.stderr + ran.stdout),
      ]).toEqual([words, false, true]);
    }
  });
});
