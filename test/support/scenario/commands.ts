/** The commands of scenarios, listed in CONTRIBUTING.md#scenarios. */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import type { Stage } from './stage.js';

/**
 * Does what a line says. Returns nothing when that succeeded or is so, else why not: with `!` before the line that is what is
 * wanted. Throws where the line makes no sense, which is never wanted.
 */
type Command = (stage: Stage, words: readonly string[]) => Promise<string | undefined> | string | undefined;

/** A command with so many words, named for the message that there are more or fewer. */
function taking(names: readonly string[], command: (stage: Stage, ...words: string[]) => string | undefined): Command {
  return (stage, words) => {
    if (words.length !== names.length) throw new Error(`takes ${names.join(' ') || 'no words'}`);
    return command(stage, ...words);
  };
}

/** The same for what cannot fail but by throwing. */
function doing(names: readonly string[], act: (stage: Stage, ...words: string[]) => void): Command {
  return taking(names, (stage, ...words) => {
    act(stage, ...words);
    return undefined;
  });
}

const program =
  (name: string): Command =>
  (stage, words) =>
    ended(stage.runProgram(name, words).status);

const ended = (status: number): string | undefined => (status === 0 ? undefined : `ended with ${status}`);

const searched = (name: 'stdout' | 'stderr'): Command =>
  taking(['REGEX'], (stage, regex) => found(regex, stage.content(name).toString()));

function found(regex: string | undefined, text: string): string | undefined {
  return new RegExp(regex ?? '', 'm').test(text) ? undefined : `does not match /${regex}/`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
const unescaped = (text: string): string =>
  text.replaceAll(/\\([nrt\\])/g, (_all, letter: string) => ESCAPES[letter] ?? '');

/** What every write of a file may make anew. */
const OWN_LINE = /^\s*"?(?:sops_)?(?:mac|lastmodified|sops_ts_layout)\b/;

/** The lines of one file that another does not have, but for what every write makes anew. */
function newLines(stage: Stage, before: string, after: string): string[] {
  const old = new Set(stage.content(before).toString().split('\n'));
  return stage
    .content(after)
    .toString()
    .split('\n')
    .filter((line) => !old.has(line) && !OWN_LINE.test(line));
}

const changed: Command = (stage, [before = '', after = '', ...expressions]) => {
  const lines = newLines(stage, before, after);
  const isSo = lines.length === expressions.length && expressions.every((each, at) => !found(each, lines[at] ?? ''));
  return isSo ? undefined : `these lines of ${after} are new:\n${lines.join('\n')}`;
};

function setVariables(stage: Stage, words: readonly string[]): undefined {
  for (const word of words) {
    const [, name = '', value] = /^(\w+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === '') throw new Error('takes NAME=VALUE, or NAME to take it out');
    if (value === undefined) delete stage.env[name];
    else stage.env[name] = value;
  }
}

function become(stage: Stage, people: readonly string[]): undefined {
  const identities = people.map((name) => stage.variable(`${name.toUpperCase()}_KEY`));
  if (identities.length === 0) delete stage.env.SOPS_AGE_KEY;
  else stage.env.SOPS_AGE_KEY = identities.join('\n');
}

function replace(stage: Stage, regex = '', text = '', name = ''): void {
  const before = stage.content(name).toString();
  const after = before.replaceAll(new RegExp(regex, 'gm'), unescaped(text));
  if (after === before) throw new Error(`${name} has no match of /${regex}/`);
  stage.write(name, after);
}

function show(stage: Stage, stdout: Buffer | string): void {
  stage.last = { status: 0, stdout: Buffer.from(stdout), stderr: '' };
}

const modeOf = (stage: Stage, name = ''): string => (statSync(stage.path(name)).mode & 0o777).toString(8);

export const COMMANDS: Readonly<Record<string, Command>> = {
  __proto__: null as never,
  // Programs.
  'sops-ts': async (stage, words) => ended((await stage.runMain('sops-ts', words)).status),
  sops: async (stage, words) => ended((await stage.runMain('sops', words)).status),
  git: program('git'),
  exec: (stage, [name = '', ...words]) => program(name)(stage, words),
  program: doing([], (stage) => stage.installProgram()),
  stdin: doing(['FILE'], (stage, name = '') => {
    stage.stdin = stage.content(name);
  }),
  env: setVariables,
  as: become,
  cd: doing(['FOLDER'], (stage, name = '') => {
    stage.cwd = stage.path(name);
    readdirSync(stage.cwd);
  }),
  // What they said and did.
  status: taking(['NUMBER'], (stage, wanted) => {
    const { status } = stage.said();
    return status === Number(wanted) ? undefined : `the status is ${status}`;
  }),
  stdout: searched('stdout'),
  stderr: searched('stderr'),
  grep: taking(['REGEX', 'FILE'], (stage, regex, name = '') => found(regex, stage.content(name).toString())),
  cmp: taking(['FILE', 'FILE'], (stage, one = '', other = '') => {
    if (stage.content(one).equals(stage.content(other))) return undefined;
    return `${one} and ${other} differ:\n${stage.content(one)}--\n${stage.content(other)}`;
  }),
  changed,
  exists: taking(['FILE'], (stage, name = '') =>
    lstatSync(stage.path(name), { throwIfNoEntry: false }) ? undefined : `${name} is not there`,
  ),
  mode: taking(['OCTAL', 'FILE'], (stage, wanted, name) =>
    modeOf(stage, name) === wanted ? undefined : `the mode is ${modeOf(stage, name)}`,
  ),
  // Files.
  write: doing(['FILE', 'TEXT'], (stage, name = '', text = '') => stage.write(name, unescaped(text))),
  append: doing(['FILE', 'TEXT'], (stage, name = '', text = '') => appendFileSync(stage.path(name), unescaped(text))),
  replace: doing(['REGEX', 'TEXT', 'FILE'], replace),
  cat: doing(['FILE'], (stage, name = '') => show(stage, stage.content(name))),
  ls: doing(['FOLDER'], (stage, name = '') => {
    show(
      stage,
      readdirSync(stage.path(name))
        .sort()
        .map((each) => `${each}\n`)
        .join(''),
    );
  }),
  cp: doing(['FILE', 'FILE'], (stage, from = '', to = '') => {
    if (existsSync(stage.path(from))) copyFileSync(stage.path(from), stage.path(to));
    else stage.write(to, stage.content(from));
  }),
  mv: doing(['FILE', 'FILE'], (stage, from = '', to = '') => renameSync(stage.path(from), stage.path(to))),
  rm: doing(['FILE'], (stage, name = '') => rmSync(stage.path(name), { recursive: true })),
  mkdir: doing(['FOLDER'], (stage, name = '') => mkdirSync(stage.path(name), { recursive: true })),
  symlink: doing(['TARGET', 'LINK'], (stage, target = '', link = '') => symlinkSync(target, stage.path(link))),
  chmod: doing(['OCTAL', 'FILE'], (stage, mode = '', name = '') => {
    chmodSync(stage.path(name), Number.parseInt(mode, 8));
  }),
};
