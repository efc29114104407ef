/** Holds the workflows and the action to what keeps a release trustworthy: pinned actions, few rights, no text of others in scripts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = new URL('../..', import.meta.url).pathname;
const FOLDER = join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const read = (name: string): Workflow => parse(textOf(name)) as Workflow;
const NAMES = readdirSync(FOLDER);
const ACTION = readFileSync(join(ROOT, 'action.yml'), 'utf8');

describe.each(NAMES)('%s', (name) => {
  const { permissions, jobs } = read(name);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('may read, and no more unless a job says so', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).filter(([, job]) => job.permissions !== undefined);
    expect(more.map(([job]) => job)).toEqual(name === 'release.yml' ? ['npm', 'github'] : []);
    // Where a token is, nothing of a repository runs.
    for (const [, job] of more) expect(job.steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))).toBe(false);
  });

  test('names actions by commit, with the version for people', () => {
    const used = [...textOf(name).matchAll(/uses: (.*)/g)].map(([, use = '']) => use);
    expect(used.filter((use) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(use))).toEqual([]);
  });

  test('puts nothing of an event into a script, and installs nothing with scripts', () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);
    expect(scripts.filter((run) => /\$\{\{\s*(?:github|inputs|steps)\b/.test(run))).toEqual([]);
    expect(scripts.filter((run) => /\bnpm (?:ci|install)\b(?!.*--ignore-scripts)/.test(run))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const step of checkouts) expect(step.with).toMatchObject({ 'persist-credentials': false });
  });

  test('needs jobs that are there', () => {
    const needed = Object.values(jobs).flatMap(({ needs }) => needs ?? []);
    expect(needed.filter((job) => !Object.hasOwn(jobs, job))).toEqual([]);
  });
});

test('each Node is tested, and each system with it', () => {
  const { platform, test: all } = read('ci.yml').jobs;
  const { os, node } = platform?.strategy?.matrix ?? {};
  expect(os?.map((one) => String(one).split('-')[0])).toEqual(['ubuntu', 'macos', 'windows']);
  expect([node, all?.strategy?.matrix.node]).toEqual(Array(2).fill(['20.19.0', '22', '24', '26']));
});

test('what is published was tried first, and says where it was built', () => {
  const { jobs } = read('release.yml');
  expect([jobs.github?.needs, jobs.npm?.needs, jobs.try?.needs]).toEqual(['npm', 'try', 'build']);
  expect(jobs.npm?.steps.at(-1)?.run).toContain('--ignore-scripts --provenance --access public');
  expect(jobs.npm?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
});

test('the action puts no input into its script', () => {
  const { runs, inputs } = parse(ACTION) as { runs: { steps: Step[] }; inputs: Record<string, { default: unknown }> };
  expect(runs.steps.map(({ run }) => run ?? '').filter((run) => run.includes('${{'))).toEqual([]);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(inputs.version?.default).toBe(version);
});
