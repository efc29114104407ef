import { describe, expect } from 'vitest';
import { TABLE } from '../../../src/cli/commands/table.js';
import { COMMANDS } from '../../../src/cli/commands.js';
import { flagTextOf, guideOf, TASKS } from '../../../src/cli/help/guide.js';
import { helpPage } from '../../../src/cli/help/help.js';
import { commandsWith, flagsOf, globalFlags } from '../../../src/cli/words/flags.js';
import { nearestFlag } from '../../../src/cli/words/nearest-word.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const topics = ['groups', ...COMMANDS.map((row) => row.name)];

function longest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => line.length));
}

describe('help pages', () => {
  test.each(topics)('of %s: under 25 lines, none too long', async (topic) => {
    const lines = (await helpPage(topic, COMMANDS, { width: 110 })).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(25);
    expect(longest(lines)).toBeLessThanOrEqual(110);
  });

  test.each(COMMANDS)('of $name: name every flag and variable, and show examples', async (row) => {
    const page = await helpPage(row.name, COMMANDS);
    for (const flag of flagsOf(row.name)) {
      expect(page).toContain(`--${flag.name}`);
      if (flag.variable !== undefined) expect(page).toContain(`[$${flag.variable}]`);
    }
    for (const example of guideOf(row.name).examples) expect(page).toContain(`\n  ${example}\n`);
  });

  test.each(
    [...topics, undefined].flatMap(
      (topic) =>
        [
          [topic, undefined, 80],
          [topic, 0, 80],
          [topic, 66, 66],
          [topic, 20, 60],
          [topic, 300, 110],
        ] as const,
    ),
  )('of %s on a terminal of %s columns: no line beyond %s but examples', async (topic, width, most) => {
    const examples = TASKS.flatMap(({ commands }) => commands.flatMap((guide) => guide.examples));
    const lines = (await helpPage(topic, COMMANDS, { width })).split('\n');
    const usage = (line: string): boolean => line.startsWith('Usage: ');
    const laidOut = lines.filter((line) => !examples.includes(line.trim()) && !usage(line));
    for (const line of laidOut) expect(line.length, line).toBeLessThanOrEqual(most);
  });

  test('the page of the program lists every command or its family, by task, a line each', async () => {
    const page = await helpPage(undefined, COMMANDS, { width: 110 });
    for (const { title, commands, families = {} } of TASKS) {
      expect(page).toContain(`\n${title}:\n`);
      for (const { name, summary } of commands) {
        const [word = '', second = ''] = name.split(' ');
        const line =
          families[word] === undefined
            ? `${name} +${summary}`
            : `${word} (?:COMMAND|\\S*\\b${second}\\b\\S*) {2,}\\S.*`;
        expect(page).toMatch(new RegExp(`^  ${line}$`, 'm'));
      }
    }
    expect(longest(page.split('\n'))).toBeLessThanOrEqual(110);
  });

  test('they call the program as it was called', async () => {
    const page = await helpPage('decrypt', COMMANDS, { programName: 'sops' });
    expect(page).toContain('Usage: sops decrypt ');
    expect(page).toContain('\n  sops decrypt secrets.yaml\n');
    expect(page).not.toContain('sops-ts');
    expect(await helpPage(undefined, COMMANDS, { programName: '$&' })).toContain('Usage: $& COMMAND');
  });

  test('the texts are those of the commands there are, each with an example', () => {
    const guides = TASKS.flatMap((task) => task.commands);
    expect(guides.map(({ name }) => name).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
    for (const { name, examples } of guides) {
      expect(examples.length, name).toBeGreaterThan(0);
      for (const line of examples) expect(line).toContain(`sops-ts`);
    }
  });
});

describe('the table of flags', () => {
  test('gives every flag of a command a help text or a group', () => {
    for (const flag of TABLE.flags) {
      const owners = commandsWith(flag.name);
      const commands = owners.length > 0 ? owners : [undefined];
      for (const command of commands) {
        const { help, group } = flagTextOf(flag.name, command);
        expect(help ?? group, flag.name).toBeTruthy();
      }
    }
  });

  test('names commands that exist, and no flag twice', () => {
    for (const table of [globalFlags(), ...COMMANDS.map((row) => flagsOf(row.name))]) {
      const names = table.flatMap((flag) => [flag.name, ...(flag.short === undefined ? [] : [flag.short])]);
      expect(new Set(names).size).toBe(names.length);
    }
    const commands = new Set(COMMANDS.map((row) => row.name));
    for (const flag of TABLE.flags)
      for (const command of commandsWith(flag.name)) expect(commands.has(command)).toBe(true);
  });

  test('has a mode flag for every old form', () => {
    for (const row of COMMANDS) {
      if (row.oldForm === undefined) continue;
      expect(globalFlags().find((flag) => flag.name === row.oldForm)).toMatchObject({
        kind: row.oldForm === 'set' ? 'text' : 'boolean',
        global: true,
      });
    }
  });
});

describe('the nearest flag', () => {
  test.each([
    ['output-typ', '--output-type'],
    ['ignoremac', '--ignore-mac'],
    ['inplace', '--in-place'],
    ['zzzzzzzz', undefined],
    ['', undefined],
  ])('of %s is %s', async (typed, nearest) => {
    expect(await nearestFlag(typed, flagsOf('decrypt'))).toBe(nearest);
  });
});
