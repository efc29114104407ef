/** From the modules of commands to the tables that start-up, help and completion go by. */

import { TASK_ROWS, type TaskRow } from '../help/tasks.js';
import { type Flag, type FlagKind, type FlagName, type FlagRow, type FlagText, flagsIn } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import type { Command, CommandAbout, OperandKind } from './command.js';

/** What start-up knows of a command. */
export interface CommandFacts
  extends Pick<CommandAbout, 'name' | 'isDefault' | 'takesSeveral' | 'skipsSweep' | 'operandRule'> {
  /** The name of the flag that chooses it. */
  readonly oldForm?: FlagName<'boolean' | 'text'>;
  /** As in the definition, with the names of flags. */
  readonly plainOperandsWith?: FlagName<'boolean'>;
  readonly file?: 'operand' | 'lone-operand' | { readonly flag: FlagName<'text'> };
  readonly writesInPlace?: 'always' | readonly FlagName<'boolean'>[];
  /** Places of its flags among those of the table. */
  readonly flags: readonly number[];
}

/** The flags that start-up itself goes by, whatever the command. */
export interface StartFlags {
  readonly version: FlagName<'boolean'>;
  readonly checkForUpdates: FlagName<'boolean'>;
  readonly verbose: FlagName<'boolean'>;
  readonly output: FlagName<'text'>;
}

/** What start-up goes by: small, since every run reads it. */
export interface CommandTable {
  readonly start: StartFlags;
  /** All flags that differ from each other. */
  readonly flags: readonly FlagRow[];
  /** Places of the flags that may stand before a command. */
  readonly before: readonly number[];
  readonly commands: readonly CommandFacts[];
}

/** What help pages say of a command. */
export interface CommandGuide {
  readonly name: string;
  /** The operands as help pages show them. */
  readonly operands: string;
  readonly operandKinds?: readonly OperandKind[];
  /** One line, without full stop. */
  readonly summary: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
  /** Places of the texts of its flags, in their order. */
  readonly flags: readonly number[];
}

/** Commands that serve one purpose, in the order in which help names them. */
export interface Task extends TaskRow {
  readonly commands: readonly CommandGuide[];
}

/** What help and completion say; nothing else reads it. */
export interface CommandTexts {
  /** All texts of flags that differ from each other. */
  readonly flags: readonly FlagText[];
  /** Those of the flags that may stand before a command. */
  readonly before: readonly number[];
  readonly tasks: readonly Task[];
}

/** What start-up needs of these commands. */
export function tableOf(commands: readonly Command[]): CommandTable {
  const rows = new Places<FlagRow>();
  const before = rows.placesOf(flagsIn(PROGRAM).map(rowOf));
  const facts = commands.map(({ about }) => factsOf(about, rows));
  const { version, checkForUpdates, verbose, output } = PROGRAM;
  const start = {
    version: version.name,
    checkForUpdates: checkForUpdates.name,
    verbose: verbose.name,
    output: output.name,
  };
  return { start, flags: rows.all, before, commands: facts };
}

/** What help and completion say of these commands. */
export function commandTexts(commands: readonly Command[]): CommandTexts {
  const texts = new Places<FlagText>();
  const before = texts.placesOf(flagsIn(PROGRAM).map(({ text }) => text));
  const all = commands.map(({ about }) => about);
  const tasks = Object.entries(TASK_ROWS).map(([task, row]): Task => {
    const own = all.filter((one) => one.task === task).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
    return { ...row, commands: own.map((one) => guideFor(one, texts)) };
  });
  return { flags: texts.all, before, tasks };
}

/** Values without doubles, so that what many commands share is written once. */
class Places<T> {
  readonly #places = new Map<string, number>();
  readonly all: T[] = [];

  placesOf(values: readonly T[]): number[] {
    return values.map((value) => {
      const text = JSON.stringify(value);
      const place = this.#places.get(text) ?? this.all.push(value) - 1;
      this.#places.set(text, place);
      return place;
    });
  }
}

/** What is not so need not be written. */
function rowOf({ text: _, refusesEmpty: __, global, ownBehind, ...row }: Flag): FlagRow {
  return { ...row, ...(global ? { global } : {}), ...(ownBehind ? { ownBehind } : {}) };
}

function factsOf(about: CommandAbout, rows: Places<FlagRow>): CommandFacts {
  const { name, oldForm, isDefault, takesSeveral, file, skipsSweep, operandRule } = about;
  const { plainOperandsWith, writesInPlace, flags } = about;
  const nameOf = <K extends FlagKind>(key: string, kind: K): FlagName<K> => {
    const one = flags[key];
    if (one?.kind !== kind) throw new Error(`${name} has no flag ${key} of this kind`);
    return one.name as FlagName<K>;
  };
  return {
    name,
    ...(oldForm ? { oldForm: oldForm.name } : {}),
    ...(isDefault ? { isDefault } : {}),
    ...(operandRule ? { operandRule } : {}),
    ...(takesSeveral ? { takesSeveral } : {}),
    ...(file ? { file: typeof file === 'string' ? file : { flag: nameOf(file.flag, 'text') } } : {}),
    ...(skipsSweep ? { skipsSweep } : {}),
    ...(plainOperandsWith === undefined ? {} : { plainOperandsWith: nameOf(plainOperandsWith, 'boolean') }),
    ...(writesInPlace
      ? {
          writesInPlace:
            typeof writesInPlace === 'string' ? writesInPlace : writesInPlace.map((key) => nameOf(key, 'boolean')),
        }
      : {}),
    flags: rows.placesOf(flagsIn(flags).map(rowOf)),
  };
}

function guideFor(about: CommandAbout, texts: Places<FlagText>): CommandGuide {
  const { name, operands, operandKinds, summary, examples, flags } = about;
  const kinds = operandKinds ? { operandKinds } : {};
  return { name, operands, ...kinds, summary, examples, flags: texts.placesOf(flagsIn(flags).map(({ text }) => text)) };
}
