/** A command is one module: its file, its row and the table of start-up agree. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from '../../../src/cli/commands/command.js';
import { commandTexts, tableOf } from '../../../src/cli/commands/derive.js';
import { REGISTRY } from '../../../src/cli/commands/registry.js';
import { TABLE } from '../../../src/cli/commands/table.js';
import { TEXTS } from '../../../src/cli/commands/texts.js';
import { flag, flagsIn, readFlags } from '../../../src/cli/words/flag.js';
import { FlagValues } from '../../../src/cli/words/flag-values.js';
import { PROGRAM } from '../../../src/cli/words/program-flags.js';
import { Program, ROOT } from '../../support/program.js';

const FOLDER = join(ROOT, 'src/cli/commands');

describe('the registry', () => {
  test.each(REGISTRY)('$name: the module is of that name, and so is its file', async ({ name, load }) => {
    expect((await load()).about.name).toBe(name);
    expect(readdirSync(FOLDER)).toContain(`${name.replaceAll(' ', '-')}.ts`);
  });

  test('has a row for every module with a command', async () => {
    const found: string[] = [];
    for (const file of readdirSync(FOLDER)) {
      const exported = Object.values((await import(join(FOLDER, file))) as Record<string, unknown>);
      const names = exported.flatMap((one) => (one as { about?: { name: string } } | undefined)?.about?.name ?? []);
      expect(names.length, file).toBeLessThanOrEqual(1);
      found.push(...names);
    }
    expect(found.sort()).toEqual(REGISTRY.map(({ name }) => name).sort());
  });

  test('flags that stand before the command, too, are the flags of the program', async () => {
    const before = new Set(flagsIn(PROGRAM).map(({ name }) => name));
    for (const { load } of REGISTRY) {
      const { about } = await load();
      const strays = flagsIn(about.flags).filter(({ name, global }) => global && !before.has(name));
      expect(strays, about.name).toEqual([]);
    }
  });
});

describe('what is built', () => {
  test('has the tables in the place of the modules that derive them', () => {
    const { inputs } = new Program();
    for (const name of ['table', 'texts']) {
      expect(inputs.get(`src/cli/commands/${name}.ts`)?.imports).toEqual([]);
    }
    expect(inputs.has('src/cli/commands/derive.ts')).toBe(false);
  });

  test('is plain data', () => {
    expect(JSON.parse(JSON.stringify(TABLE))).toEqual(TABLE);
    expect(JSON.parse(JSON.stringify(TEXTS))).toEqual(TEXTS);
  });
});

describe('a module alone', () => {
  const noted: unknown[] = [];
  const one = command({
    name: 'try',
    task: 'setup',
    summary: 'try something',
    operands: '[file]',
    examples: ['sops-ts try'],
    writesInPlace: ['reallyWrite'],
    plainOperandsWith: 'asText',
    flags: {
      reallyWrite: flag.yesNo('really-write', 'write'),
      asText: flag.yesNo('as-text', 'take it as it is'),
      count: flag.integer('count', { value: 'N', help: 'how often' }),
      names: flag.list('name', { value: 'NAME', help: 'a name' }),
      title: flag.text('title', { value: 'TEXT', help: 'a title' }),
      places: flag.each(['a', 'b'], (key) => [[key, flag.text(`place-${key}`, 'a place')]]),
    },
    async run(flags) {
      const typed: {
        reallyWrite: boolean;
        count: number | undefined;
        names: readonly string[];
        title: string | undefined;
        places: ReadonlyMap<string, string>;
      } = flags;
      // @ts-expect-error: a misspelt flag does not compile.
      noted.push(typed, flags.reallyWrit);
      return 0;
    },
  });
  const values = new FlagValues(
    new Map<string, boolean | string | number | string[]>([
      ['really-write', true],
      ['count', 2],
      ['name', ['x', '', 'y']],
      ['title', ''],
      ['place-b', 'there'],
    ]),
    ['count'],
  );

  test('its flags are read by kind', () => {
    expect(readFlags(one.flags, values)).toEqual({
      reallyWrite: true,
      asText: false,
      count: 2,
      names: ['x', 'y'],
      title: undefined,
      places: new Map([['b', 'there']]),
    });
  });

  test('a flag that may be given several times may be given once before the command', () => {
    expect(readFlags({ names: one.flags.names }, new FlagValues(new Map([['name', 'x']]), []))).toEqual({
      names: ['x'],
    });
  });

  test('start-up, help and completion go by it', () => {
    const { commands, flags } = tableOf([one]);
    expect(commands).toEqual([
      expect.objectContaining({ name: 'try', writesInPlace: ['really-write'], plainOperandsWith: 'as-text' }),
    ]);
    expect(commands[0]?.flags.map((at) => flags[at]?.name)).toEqual([
      'really-write',
      'as-text',
      'count',
      'name',
      'title',
      'place-a',
      'place-b',
    ]);
    const texts = commandTexts([one]);
    const guide = texts.tasks.find(({ title }) => title === 'Setting up')?.commands[0];
    expect(guide).toMatchObject({ name: 'try', summary: 'try something', operands: '[file]' });
    expect(guide?.flags.map((at) => texts.flags[at]?.help)).toEqual([
      'write',
      'take it as it is',
      'how often',
      'a name',
      'a title',
      'a place',
      'a place',
    ]);
  });
});
