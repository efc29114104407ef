/**
 * Every command that writes, with every system call on its files failing once, or ended there: each file holds its old bytes or
 * its new ones, nothing stays but what the next run takes away, plaintext is nowhere else, and no failure is an internal error.
 * A sample by default: every seventh call; FAULTS_SAMPLE says how far apart, FAULTS=all takes them all, FAULTS_PART=2/5 the second fifth.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { layOutKustomize } from './bystanders.js';
import { ALL, canInject, errorsFor, type Fault, Injector, type Ran, saidWrong, sampled } from './injector.js';
import { NAMES, type Scene, SECOND, scenesFor } from './scenes.js';

const STRIDE = ALL ? 1 : Number(process.env.FAULTS_SAMPLE || 7);
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const KINDS = ['kill', 'error', 'signal'] as const;
const CASES = NAMES.flatMap((name) => KINDS.map((kind) => [name, kind] as const));

/** What may be left by a run that failed. A lock stands in nobody's way: the next one to write the file takes it over. */
const TEMPORARY = /^\.sops-ts-[0-9a-f]+\.tmp$/;
const LOCK = /^\..*\.sops-ts-lock$/;
/** What was edited and could not be written, encrypted. */
const RESCUED = /\.rescued-\d{8}T\d{6}$/;

const desk = new Desk();
const elsewhere = new Desk();
let injector: Injector;
let scenes: ReadonlyMap<string, Scene>;
/** By scene: the calls of a run that nothing happens to, and what it makes of the files. */
const whole = new Map<string, { readonly calls: readonly string[]; readonly files: ReadonlyMap<string, string> }>();

describe.runIf(canInject(CASES.length + 1))('a fault at a call', () => {
  beforeAll(async () => {
    injector = new Injector();
    layOutKustomize(elsewhere);
    scenes = await scenesFor(desk, elsewhere.folder);
  });
  afterAll(() => {
    injector?.remove();
    desk.remove();
    elsewhere.remove();
  });

  test.each(CASES)('%s: %s', async (name, kind) => {
    const scene = scenes.get(name) as Scene;
    const { calls, files } = await wholeRun(scene);
    const wrong: string[] = [];
    for (const fault of faultsFor(
      kind,
      calls,
      CASES.findIndex(([first, second]) => first === name && second === kind),
    )) {
      layOut(scene);
      const ran = injector.run(scene.words, desk.folder, environment(scene), fault);
      const found = await findings(scene, fault, ran, files);
      const call = 'at' in fault ? calls[fault.at - 1] : '';
      wrong.push(...found.map((each) => `${JSON.stringify(fault)} (${call}) ${each} ${ran.status} ${ran.stderr}`));
    }
    expect(wrong).toEqual([]);
  });

  test('what it is at does not depend on a run beside it, whose folder in memory is looked at', async () => {
    const scene = scenes.get('set') as Scene;
    const { calls } = await wholeRun(scene);
    layOut(scene);
    const folder = mkdtempSync('/dev/shm/.sops-ts-00000000-00000000-1-1-');
    try {
      const ran = injector.run(scene.words, desk.folder, environment(scene), { kind: 'count' });
      expect(ran.calls).toEqual(calls);
    } finally {
      rmdirSync(folder);
    }
  });
});

const environment = ({ env = {} }: Scene): Record<string, string> => ({ ...desk.env, ...env });

function layOut(scene: Scene): void {
  desk.clear();
  mkdirSync(desk.path('home'));
  // A file that takes the place of another may be read by the same users, at every moment.
  for (const [name, content] of Object.entries(scene.files)) {
    mkdirSync(dirname(desk.path(name)), { recursive: true });
    chmodSync(desk.write(name, content), 0o600);
  }
}

async function wholeRun(scene: Scene): Promise<{ calls: readonly string[]; files: ReadonlyMap<string, string> }> {
  const known = whole.get(scene.name);
  if (known) return known;
  layOut(scene);
  const ran = injector.run(scene.words, desk.folder, environment(scene), { kind: 'count' });
  expect(ran.status, ran.stderr).toBe(0);
  expect(ran.calls).toContain('w close');
  const files = new Map<string, string>();
  for (const name of listed()) files.set(name, await meaning(name));
  const made = { calls: ran.calls, files };
  whole.set(scene.name, made);
  return made;
}

/** Every command and kind begins elsewhere, so that a sample sees something of everything. */
function* faultsFor(kind: (typeof KINDS)[number], calls: readonly string[], offset: number): Iterable<Fault> {
  for (const at of sampled(calls.length, STRIDE, offset)) {
    if (kind === 'error') {
      for (const code of errorsFor(calls[at - 1], at)) yield { kind, at, code };
    } else if (calls[at - 1]?.startsWith('w')) {
      if (kind === 'kill') yield { kind, at };
      else for (const signal of ALL ? SIGNALS : [SIGNALS[at % SIGNALS.length] ?? 'SIGTERM']) yield { kind, at, signal };
    }
  }
}

/** All files below the folder, by their paths from there. */
function listed(): string[] {
  const entries = readdirSync(desk.folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(desk.folder.length + 1))
    .sort();
}

const contents = (): Map<string, string> => new Map(listed().map((name) => [name, desk.text(name)]));

/** What a file says, whatever is new in it each time. */
async function meaning(name: string): Promise<string> {
  const text = desk.text(name);
  if (text.includes('ENC[') && /\nsops[:_]/.test(text)) {
    // Elsewhere, since a run in the folder would sweep it.
    const env = { SOPS_AGE_KEY: `${desk.identity}\n${SECOND.identity}` };
    const words = ['decrypt', '--filename-override', name];
    const { stdout, stderr, status } = await elsewhere.run(words, { env, stdin: text });
    const recipients = text.match(/recipient[:=].*/g)?.join(' ');
    return status === 0 ? `${stdout}${recipients}` : stderr;
  }
  return text
    .replaceAll(/AGE-SECRET-KEY-1[0-9A-Z]{58}/g, 'IDENTITY')
    .replaceAll(/age1[0-9a-z]{58}/g, 'RECIPIENT')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, 'TIME');
}

async function findings(scene: Scene, fault: Fault, ran: Ran, after: ReadonlyMap<string, string>): Promise<string[]> {
  const found = saidWrong(fault, ran);
  for (const name of listed()) {
    if (after.has(name) || name in scene.files) continue;
    const isRescued = RESCUED.test(name) && ran.stderr.includes(basename(name));
    const isTemporary = LOCK.test(basename(name)) || TEMPORARY.test(basename(name));
    if (!isRescued && (!isTemporary || fault.kind === 'signal')) found.push(`${name} was left`);
    if (!/hunter2|AGE-SECRET/.test(desk.text(name))) continue;
    if ((statSync(desk.path(name)).mode & 0o077) !== 0) found.push(`plaintext in ${name} is for everybody`);
    if (fault.kind !== 'kill' && !ran.stderr.includes(basename(name))) found.push(`plaintext in ${name} is not told`);
  }
  for (const name of new Set([...Object.keys(scene.files), ...after.keys()])) {
    const state = await stateOf(name, scene, after);
    if (state !== 'new' && (state !== 'old' || ran.status === 0)) found.push(`${name} is ${state}`);
  }
  return [...found, ...(await leftAfterNext(scene, ran, fault))];
}

async function stateOf(name: string, { files }: Scene, after: ReadonlyMap<string, string>): Promise<string> {
  const before = files[name];
  const isThere = listed().includes(name);
  if (isThere && after.get(name) === (await meaning(name))) return 'new';
  if (!isThere) return before === undefined ? 'old' : 'gone';
  return before !== undefined && desk.read(name).equals(Buffer.from(before)) ? 'old' : 'neither old nor new';
}

/** The same command once more: it works, or says that it is done already, and takes away what was left. */
async function leftAfterNext(scene: Scene, { pid }: Ran, fault: Fault): Promise<string[]> {
  const before = contents();
  const again = scene.startsItself
    ? injector.run(scene.words, desk.folder, environment(scene), { kind: 'count' })
    : await desk.run(scene.words, { env: { ...scene.env } });
  const found: string[] = [];
  if (again.status === 70) found.push(`then: internal error: ${again.stderr}`);
  const after = contents();
  for (const name of after.keys()) {
    const guarded = name.replace(/\.([^/]*)\.sops-ts-lock$/, '$1');
    const isUnneeded = guarded !== name && before.get(guarded) === after.get(guarded);
    if (basename(name).includes('sops-ts-') && !isUnneeded)
      found.push(`${name} stays after ${again.status} ${again.stderr}`);
  }
  const listMemory = (): string[] =>
    readdirSync('/dev/shm').filter((name) => name.startsWith('.sops-ts-') && name.includes(`-${pid}-`));
  // A run in this process leaves the memory to the process.
  if (listMemory().length > 0 && !scene.startsItself)
    injector.run(['filestatus', 'none.yaml'], desk.folder, environment(scene), { kind: 'count' });
  const inMemory = listMemory();
  if (inMemory.length > 0) found.push(`${inMemory} in memory after ${fault.kind} ${again.stderr}`);
  return found;
}
