/**
 * What the user is told when a key cannot be used, provider by provider and failure by failure, through the real main: the
 * whole messages are in fixtures/keys/failures.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ran, run, withoutNotes } from '../../support/run.js';
import { sample } from '../../support/sweep.js';
import type { Failure, Subject } from './failure-subject.js';
import { SUBJECTS } from './failure-subjects.js';

const CANARY = 'canary-value';
const PLAIN = `secret: ${CANARY}\n`;
const FIXTURES = new URL('../../../fixtures/keys/failures/', import.meta.url).pathname;

describe('a key that cannot be used', () => {
  test.each(sample(Object.keys(SUBJECTS), 3))('%s', { timeout: 120_000 }, async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'failures-'));
    const home = join(folder, 'home');
    mkdirSync(home);
    const subject = (await SUBJECTS[name]?.(home)) as Subject;
    try {
      const told = await tellAll(new Desk(folder, home, subject));
      await expect(told).toMatchFileSnapshot(join(FIXTURES, `${name}.txt`));
    } finally {
      await subject.close();
      rmSync(folder, { recursive: true });
    }
  });
});

const OPERATIONS = ['decrypt', 'encrypt'] as const;
type Operation = (typeof OPERATIONS)[number];

/** What waits for somebody who never answers, and asks no service: all at a time, beside the others. */
const WAITS = /(?:command|plug-in|gpg) that hangs|no answer|no network|unknown host/;

/** A file that was encrypted for a key, and what becomes of using that key. */
class Desk {
  constructor(
    private readonly folder: string,
    private readonly home: string,
    readonly subject: Subject,
  ) {}

  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const base = {
      PATH: process.env.PATH ?? '',
      HOME: this.home,

      GPG_AGENT_INFO: '/nonexistent',
    };
    return run(words, { cwd: this.folder, env: { ...base, ...this.subject.env, ...env } });
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** The same in a folder of its own. */
  beside(number: number): Desk {
    const folder = join(this.folder, `beside-${number}`);
    mkdirSync(folder);
    const desk = new Desk(folder, this.home, this.subject);
    desk.write('plain.yaml', PLAIN);
    return desk;
  }
}

async function tellAll(desk: Desk): Promise<string> {
  const { subject } = desk;
  desk.write('plain.yaml', PLAIN);
  const { status, stdout, stderr } = await desk.run(['encrypt', subject.flag, subject.key, 'plain.yaml']);
  expect(status, stderr).toBe(0);
  const cases = subject.failures.flatMap((failure) =>
    OPERATIONS.filter((one) => (failure.only ?? one) === one).map((operation) => ({ failure, operation })),
  );
  const tellOne = async ({ failure, operation }: (typeof cases)[number], at: Desk): Promise<string> => {
    at.write('sealed.yaml', fileFor(failure, subject, stdout.toString()));
    return `${failure.name}, ${operation}\n${await tell(at, failure, operation)}`;
  };
  const waiting = cases.map((one, at) => (WAITS.test(one.failure.name) ? tellOne(one, desk.beside(at)) : undefined));
  const told: string[] = [];
  for (const [at, one] of cases.entries()) {
    prepare(subject, one.failure);
    told.push(await (waiting[at] ?? tellOne(one, desk)));
  }
  return `${told.join('\n')}`;
}

/** Makes the service fail as is wanted; those who wait ask no service. */
function prepare(subject: Subject, failure: Failure): void {
  if (WAITS.test(failure.name)) return;
  subject.restore();
  failure.arrange?.();
}

/** Names the key of the failure in the file: its place, or the whole of it. */
function fileFor({ key, edit }: Failure, subject: Subject, text: string): string {
  if (edit) return edit(text);
  if (key === undefined) return text;
  const [from, to] = [subject.key, key].map((one) =>
    URL.canParse(one) && one.startsWith('http') ? new URL(one).origin : one,
  );
  return text.replaceAll(from ?? '', to ?? '');
}

async function tell(desk: Desk, failure: Failure, operation: Operation): Promise<string> {
  const { subject } = desk;
  const key = failure.key ?? subject.key;
  const words = operation === 'decrypt' ? ['decrypt', 'sealed.yaml'] : ['encrypt', subject.flag, key, 'plain.yaml'];
  const env = { ...(failure.name.endsWith('no answer') ? { SOPS_TS_KEY_TIMEOUT: '0.4' } : {}), ...failure.env };
  const short = await desk.run(words, env);
  check(short, subject, failure);
  // That a program is waited for is part of it where one hangs; elsewhere a busy machine may say so.
  const said = failure.name.includes('hangs') ? short.stderr : withoutNotes(short);
  const lines = said.trimEnd().split('\n');
  expect(lines.length, said).toBeLessThanOrEqual(5);
  expect(Math.max(...lines.map((line) => line.length)), said).toBeLessThanOrEqual(1001);
  // The long form shows more of what others say, which may hold secrets.
  if (!/denied|expired|wrong|refused|foreign|command/.test(failure.name)) return withNames(said, subject);
  prepare(subject, failure);
  check(await desk.run(['--verbose', ...words], env), subject, failure);
  return withNames(said, subject);
}

function check({ status, stdout, stderr }: Ran, { key, secrets }: Subject, failure: Failure): void {
  expect(status, failure.name).toBeGreaterThan(0);
  expect(stdout.length).toBe(0);
  for (const secret of [CANARY, ...secrets]) expect(stderr, failure.name).not.toContain(secret);
  expect(stderr, failure.name).not.toMatch(/internal error|undefined|\[object/);
  const named = failure.key ?? key;
  // An identity that somebody took for a recipient is the one key that must not be named.
  if (!secrets.includes(named) && failure.edit === undefined)
    expect(stderr, failure.name).toContain(named.split('+')[0]);
}

function withNames(text: string, { names }: Subject): string {
  return names.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}
