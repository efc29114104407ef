/**
 * Every command that only reads files, or writes beside them, with every system call on its files failing once: it says what failed on
 * which file, or does what it does otherwise; never is that an internal error, a stack, half an output with status 0, or a changed file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { canInject, ERROR_NAMES, Injector, type Ran, saidWrong } from './injector.js';
import { CANARY } from './scenes.js';

const ALL = process.env.FAULTS === 'all';
/** The commands read much the same, so that a sample of every tenth call sees most. */
const STRIDE = ALL ? 1 : Number(process.env.FAULTS_SAMPLE || 10);

/** Each with `random` where the output is another each time. */
const COMMANDS: readonly (readonly [words: string, random?: 'random'])[] = [
  ['decrypt p.env'],
  ['decrypt --extract ["A"] --output-type json p.env'],
  ['encrypt secret.yaml', 'random'],
  ['filestatus p.env'],
  ['get p.env A'],
  ['list p.env'],
  ['export --shell bash p.env'],
  ['config check'],
  ['config explain p.env'],
  ['exec-env p.env', 'random'],
  ['exec-env p.env -- cat p.env'],
  ['exec-file p.env -- cat {}'],
  ['exec-file --no-fifo p.env -- cat {}'],
  ['why p.env'],
  ['updatekeys --check p.env'],
  // It also lists what other runs have in memory.
  ['doctor p.env', 'random'],
  ['seal --cert cert.pem enc.yaml', 'random'],
  ['emit external-secret p.env --name app --store aws --provider aws'],
  ['flux secret keys.txt'],
  ['flux check .'],
  ['kustomize generate --name app --from-env p.env'],
  ['kustomize check .'],
  ['trust .'],
  ['install-as-sops bin'],
  ['completion bash'],
];

const desk = new Desk();
let injector: Injector;
let files: ReadonlyMap<string, string>;

describe.runIf(canInject(COMMANDS.length))('a failing call', () => {
  beforeAll(async () => {
    injector = new Injector();
    const manifest = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: prod\nstringData:\n  a: ${CANARY}\n`;
    const sealed = await desk.encrypt('p.env', `A=${CANARY}\nB=1.10\n`);
    const secret = await desk.encrypt('enc.yaml', manifest, '--encrypted-regex', '^stringData$');
    files = new Map([
      [
        '.sops.yaml',
        `creation_rules:\n  - path_regex: enc|p.env\n    age: ${desk.recipient}\n  - age: ${desk.recipient}\n`,
      ],
      ['cert.pem', readFileSync(new URL('../../fixtures/sealed-secrets/keys/a.cert.pem', import.meta.url), 'utf8')],
      ['enc.yaml', secret.toString()],
      ['keys.txt', `${desk.identity}\n`],
      ['kustomization.yaml', 'resources: []\n'],
      ['p.env', sealed.toString()],
      ['secret.yaml', manifest],
    ]);
  });
  afterAll(() => {
    injector?.remove();
    desk.remove();
  });

  test.each(COMMANDS.map(([line, random]) => ({ line, random })))('$line', ({ line, random }) => {
    const words = line.split(' ');
    const whole = run(words, undefined);
    const wrong: string[] = [];
    for (let at = 1 + (line.length % STRIDE); at <= whole.calls.length; at += STRIDE) {
      for (const code of ALL ? ERROR_NAMES : [ERROR_NAMES[at % ERROR_NAMES.length] ?? 'EIO']) {
        const ran = run(words, { at, code });
        const found = saidWrong({ kind: 'error', at, code }, ran);
        if (ran.status === 0 && !random && ran.stdout !== whole.stdout) found.push(`another output: ${ran.stdout}`);
        found.push(...changed(ran));
        wrong.push(
          ...found.map((each) => `${at} ${code} (${whole.calls[at - 1]}) ${each}: ${ran.status} ${ran.stderr}`),
        );
      }
    }
    expect(wrong).toEqual([]);
  });
});

function run(words: readonly string[], fault: { at: number; code: (typeof ERROR_NAMES)[number] } | undefined): Ran {
  desk.clear();
  for (const [name, text] of files) desk.write(name, text);
  const env = { ...desk.env, SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: desk.path('keys.txt'), SOPS_AGE_RECIPIENTS: '' };
  return injector.run(words, desk.folder, env, fault === undefined ? { kind: 'count' } : { kind: 'error', ...fault });
}

/** Files that are not as they were, and plaintext that was left and not told of. */
function changed({ pid, stderr }: Ran): string[] {
  const found = [...files].filter(([name, text]) => desk.text(name) !== text).map(([name]) => `${name} was changed`);
  const inMemory = readdirSync('/dev/shm').filter((name) => name.startsWith('.sops-ts-') && name.includes(`-${pid}-`));
  const untold = inMemory.filter((name) => !stderr.includes(name) && readdirSync(join('/dev/shm', name)).length > 0);
  return [...found, ...untold.map((name) => `${name} stays in memory`)];
}
