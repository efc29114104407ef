/**
 * Every command that only reads files, or writes beside them, with every system call on its files failing once: it says what failed on
 * which file, or does what it does otherwise; never is that an internal error, a stack, half an output with status 0, or a changed file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { layOut } from '../support/layout.js';
import { Bystanders, PLUGIN_INPUT } from './bystanders.js';
import {
  ALL,
  canInject,
  type ErrorName,
  errorsFor,
  type InjectionOptions,
  Injector,
  type Ran,
  saidWrong,
  sampled,
} from './injector.js';
import { CANARY } from './scenes.js';

/** The commands read much the same, so that a sample of every tenth call sees most. */
const STRIDE = ALL ? 1 : Number(process.env.FAULTS_SAMPLE || 10);

interface How extends Omit<InjectionOptions, 'elsewhere' | 'instead'> {
  /** What is said where all went well, though nothing is printed, or something else each time. */
  readonly says?: string;
  /** Whether another output is as right, as what failed is what it tells of. */
  readonly tells?: (output: string) => boolean;
  /** Whether the administrator has a log of events, of a file without databases. */
  readonly isAudited?: true;
}

/** Each with `random` where the output is another each time. */
const COMMANDS: readonly (readonly [words: string, random?: 'random' | undefined, how?: How])[] = [
  ['decrypt p.env'],
  ['decrypt --extract ["A"] --output-type json p.env'],
  ['encrypt secret.yaml', 'random'],
  ['filestatus p.env'],
  ['get p.env A'],
  ['list p.env'],
  ['export --shell bash p.env'],
  ['config check'],
  ['config explain p.env', undefined, { tells: tellsOfConfig }],
  ['exec-env p.env env', 'random'],
  ['exec-env p.env -- cat p.env'],
  ['exec-file p.env -- cat {}'],
  ['exec-file --no-fifo p.env -- cat {}'],
  ['why p.env', undefined, { tells: tellsOfConfig }],
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
  ['publish --yes p.env', undefined, { says: '1 file published' }],
  ['kustomize build built'],
  ['gen.yaml', undefined, { start: 'sops-ts-kustomize.js' }],
  ['', undefined, { start: 'sops-ts-kustomize.js', input: PLUGIN_INPUT }],
  ['decrypt --enable-local-keyservice=false --keyservice SOCKET p.env'],
  ['decrypt p.yaml', undefined, { isAudited: true }],
];

/** Commands that tell which configuration there is, and how it was found, say of a place that is closed that nobody can tell, or find it on the other way. */
function tellsOfConfig(output: string): boolean {
  return /Configuration: none[\s\S]*cannot tell whether|found by search from the folder of the file/.test(output);
}

/** Where the administrator's configuration of the log is. */
const AUDIT_CONFIG = '/etc/sops/audit.yaml';

const desk = new Desk();
const elsewhere = new Desk();
let bystanders: Bystanders;
let injector: Injector;
let files: ReadonlyMap<string, string>;

describe.runIf(canInject(COMMANDS.length))('a failing call', () => {
  beforeAll(async () => {
    injector = new Injector();
    elsewhere.write('audit.yaml', 'backends: {postgres: []}\n');
    bystanders = await Bystanders.start(elsewhere, injector, desk.identity);
    const manifest = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: prod\nstringData:\n  a: ${CANARY}\n`;
    const sealed = await desk.encrypt('p.env', `A=${CANARY}\nB=1.10\n`);
    const secret = await desk.encrypt('enc.yaml', manifest, '--encrypted-regex', '^stringData$');
    files = new Map([
      [
        '.sops.yaml',
        `creation_rules:\n  - path_regex: enc|p.env\n    age: ${desk.recipient}\n  - age: ${desk.recipient}\n` +
          'destination_rules:\n  - vault_path: app\n',
      ],
      ['cert.pem', readFileSync(new URL('../../fixtures/sealed-secrets/keys/a.cert.pem', import.meta.url), 'utf8')],
      ['built/kustomization.yaml', 'resources: [enc.yaml]\n'],
      ['built/enc.yaml', secret.toString()],
      ['enc.yaml', secret.toString()],
      ['gen.yaml', 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata:\n  name: g\nfiles: [enc.yaml]\n'],
      ['keys.txt', `${desk.identity}\n`],
      ['kustomization.yaml', 'resources: []\n'],
      ['p.env', sealed.toString()],
      ['p.yaml', (await desk.encrypt('p.yaml', `a: ${CANARY}\n`)).toString()],
      ['secret.yaml', manifest],
    ]);
  });
  afterAll(() => {
    injector?.remove();
    bystanders?.stop();
    desk.remove();
    elsewhere.remove();
  });

  test.each(COMMANDS.map(([line, random, how = {}]) => ({ line, random, how })))(
    '$line $how',
    ({ line, random, how }) => {
      const words = line === '' ? [] : line.replace('SOCKET', bystanders.socket).split(' ');
      const whole = run(words, how, undefined);
      expect(whole.stderr).not.toMatch(/error/i);
      expect(whole.stderr).toContain(how.says ?? '');
      // Checkers find something to say here.
      if (!/check|doctor/.test(line)) expect(whole.status, whole.stderr).toBe(0);
      const wrong: string[] = [];
      for (const at of sampled(whole.calls.length, STRIDE, line.length)) {
        for (const code of errorsFor(whole.calls[at - 1], at)) {
          const ran = run(words, how, { at, code });
          const found = saidWrong({ kind: 'error', at, code }, ran);
          if (ran.status === 0 && !ran.stderr.includes(how.says ?? '')) found.push('nothing was done');
          const isOther = ran.status === 0 && !random && ran.stdout !== whole.stdout;
          if (isOther && !how.tells?.(ran.stdout)) found.push(`another output: ${ran.stdout}`);
          found.push(...changed(ran));
          wrong.push(
            ...found.map((each) => `${at} ${code} (${whole.calls[at - 1]}) ${each}: ${ran.status} ${ran.stderr}`),
          );
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});

function run(words: readonly string[], how: How, fault: { at: number; code: ErrorName } | undefined): Ran {
  const { says: _, tells: __, isAudited, ...options } = how;
  desk.clear();
  layOut(desk, Object.fromEntries(files));
  const env = {
    ...desk.env,
    SOPS_AGE_KEY: '',
    SOPS_AGE_KEY_FILE: desk.path('keys.txt'),
    SOPS_AGE_RECIPIENTS: '',
    ...bystanders.env,
  };
  const whole = fault === undefined ? ({ kind: 'count' } as const) : ({ kind: 'error', ...fault } as const);
  return injector.run(words, desk.folder, env, whole, {
    ...options,
    elsewhere: elsewhere.folder,
    ...(isAudited ? { instead: [AUDIT_CONFIG, elsewhere.path('audit.yaml')] } : {}),
  });
}

/** Files that are not as they were, and plaintext that was left and not told of. */
function changed({ pid, stderr }: Ran): string[] {
  const found = [...files].filter(([name, text]) => desk.text(name) !== text).map(([name]) => `${name} was changed`);
  const inMemory = readdirSync('/dev/shm').filter((name) => name.startsWith('.sops-ts-') && name.includes(`-${pid}-`));
  const untold = inMemory.filter((name) => !stderr.includes(name) && readdirSync(join('/dev/shm', name)).length > 0);
  return [...found, ...untold.map((name) => `${name} stays in memory`)];
}
