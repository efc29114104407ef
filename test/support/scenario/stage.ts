/** Where a scenario plays: a working folder, a home and a temporary folder of its own, three people with keys, and what was said last. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Program } from '../program.js';
import { type Ran, run, withoutNotes } from '../run.js';

const PEOPLE = ['ALICE', 'BOB', 'CAROL'];

/** Nobody's own settings, one author, and no repository above the folder. */
const gitIn = (root: string): Record<string, string> => ({
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CEILING_DIRECTORIES: root,
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'init.defaultBranch',
  GIT_CONFIG_VALUE_0: 'main',
  GIT_AUTHOR_NAME: 'Alice',
  GIT_AUTHOR_EMAIL: 'alice@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Alice',
  GIT_COMMITTER_EMAIL: 'alice@example.com',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
});

/** What a program that does not end is given, in milliseconds. */
const TIMEOUT_MS = 60_000;

export class Stage {
  private readonly root = mkdtempSync(join(tmpdir(), 'scene-'));
  readonly work = join(this.root, 'work');
  /** `ALICE` is a recipient, `ALICE_KEY` the identity for it; so with the others. */
  readonly people: Readonly<Record<string, string>>;
  readonly env: Record<string, string>;
  cwd = this.work;
  /** For the next program alone. */
  stdin: Buffer = Buffer.alloc(0);
  last: Ran | undefined;

  constructor(files: ReadonlyMap<string, string>) {
    const people: Record<string, string> = {};
    for (const name of PEOPLE) {
      const { identity, recipient } = generateIdentity();
      people[name] = recipient;
      people[`${name}_KEY`] = identity;
    }
    this.people = people;
    const [home, temporary] = ['home', 'tmp'].map((name) => join(this.root, name)) as [string, string];
    for (const folder of [this.work, home, temporary]) mkdirSync(folder);
    this.env = { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: temporary, ...gitIn(this.root) };
    for (const [name, text] of files) this.write(name, this.withPeople(text));
  }

  /** A word's variable: of the environment, a person's, or `WORK`, the folder. */
  variable(name: string): string {
    const value = name === 'WORK' ? this.work : (this.people[name] ?? this.env[name]);
    if (value === undefined) throw new Error(`$${name} is not set`);
    return value;
  }

  /** In files only people are filled in, and in braces: other dollar signs are the files' own. */
  private withPeople(text: string): string {
    return text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => this.people[name] ?? whole);
  }

  path(name: string): string {
    return resolve(this.cwd, name);
  }

  /** Of a file, or of what the last program said: `stdout` or `stderr`. */
  content(name: string): Buffer {
    if (name === 'stdout' || name === 'stderr') return Buffer.from(this.said()[name]);
    return readFileSync(this.path(name));
  }

  write(name: string, content: Uint8Array | string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** What the last program did. */
  said(): Ran {
    if (!this.last) throw new Error('no program has run yet');
    return this.last;
  }

  /** Runs the real main in this process, by one of its names. */
  async runMain(programName: string, words: readonly string[]): Promise<Ran> {
    const ran = await run(words, { cwd: this.cwd, env: { ...this.env }, stdin: this.takeStdin(), programName });
    return this.keep({ ...ran, stderr: withoutNotes(ran) });
  }

  /** Runs a program of the machine. */
  runProgram(name: string, words: readonly string[]): Ran {
    const { cwd, env } = this;
    const ran = spawnSync(name, words, { cwd, env, input: this.takeStdin(), timeout: TIMEOUT_MS });
    if (ran.error) throw ran.error;
    return this.keep({ status: ran.status ?? 128, stdout: ran.stdout, stderr: ran.stderr.toString() });
  }

  /** From here on, programs that are started find the built program as `sops-ts`. */
  installProgram(): void {
    const folder = join(this.root, 'bin');
    mkdirSync(folder);
    const file = join(folder, 'sops-ts');
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${new Program().file}' "$@"\n`);
    chmodSync(file, 0o755);
    this.env.PATH = `${folder}${delimiter}${this.env.PATH}`;
  }

  /** What the program left where nothing may stay: in the temporary folder, and below the working folder. */
  leftovers(): string[] {
    const temporary = readdirSync(this.env.TMPDIR ?? '', { encoding: 'utf8', recursive: true });
    const below = readdirSync(this.work, { encoding: 'utf8', recursive: true });
    return [...temporary, ...below.filter((name) => /\.sops-ts-(?:[0-9a-f]+\.tmp|lock)$/.test(name))];
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private takeStdin(): Buffer {
    const given = this.stdin;
    this.stdin = Buffer.alloc(0);
    return given;
  }

  private keep(ran: Ran): Ran {
    this.last = ran;
    return ran;
  }
}
