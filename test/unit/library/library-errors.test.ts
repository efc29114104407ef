/** Errors and warnings of the library speak of its options, where the command line speaks of flags; and there are no others than ours. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE } from '../../../src/cli/commands/table.js';
import {
  decrypt,
  decryptFile,
  encrypt,
  encryptFile,
  execEnv,
  open,
  rotate,
  SopsError,
  updateKeys,
  type Warning,
} from '../../../src/index.js';
import { FLAGS, worded } from '../../../src/library/library-errors.js';
import { loadOnce } from '../../../src/library/start-up.js';
import { LibraryDesk } from '../../support/library-desk.js';

const SOURCES = resolve('src');

/** The modules that the library may load, itself among them. */
function modulesOf(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(entry) || !existsSync(entry) || entry.startsWith(join(SOURCES, 'packages'))) return seen;
  seen.add(entry);
  for (const [, target = ''] of readFileSync(entry, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g))
    modulesOf(resolve(dirname(entry), `${target}.ts`), seen);
  return seen;
}

/** The texts in a module, but for those that are one word for a program. */
function textsOf(module: string): string[] {
  const code = readFileSync(module, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const texts = code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
  return texts.map((text) => text.slice(1, -1)).filter((text) => !/^--[a-z-]+=?$/.test(text));
}

const OWN_FLAGS = new Set<string>(TABLE.flags.map(({ name }) => name));
/** What sentences say of the flags of other programs, and command lines of ours. */
const ELSEWHERE = [/\b(?:gpg|git|aws|docker|op) [^\n;)]*/g, /sops(?:-ts)? [a-z-]+[^\n,;)]*/g, /needs --input-type .*/g];
/** Said by what only the command line calls, in modules that have more. */
const NOT_CALLED: ReadonlySet<string> = new Set(['extract', 'user', 'keep-keys']);
const HERE = /(?<![\w-])--([a-z][a-z-]*)(?! on the command line)(?![\w-])/g;

describe('sentences of the command line', () => {
  const options = [...new Set(Object.values(FLAGS).flatMap(({ options: all }) => all))];
  const modules = [...modulesOf(join(SOURCES, 'index.ts'))];

  test('name no flag once they have left the library, unless they say whose it is', () => {
    expect(modules.length).toBeGreaterThan(300);
    expect(OWN_FLAGS).toContain('ignore-mac');
    const left = modules.flatMap((module) =>
      textsOf(module)
        .filter((text) => text.includes('--'))
        .flatMap((text) => {
          const told = ELSEWHERE.reduce((rest, known) => rest.replace(known, ''), worded(text, options));
          const named = [...told.matchAll(HERE)]
            .map(([, flag = '']) => flag)
            .filter((flag) => OWN_FLAGS.has(flag) && !NOT_CALLED.has(flag));
          return named.map((flag) => `${module.slice(SOURCES.length + 1)}: --${flag} in ${JSON.stringify(text)}`);
        }),
    );
    expect(left).toEqual([]);
  });

  test.each([
    ['look at its history, or go on with --ignore-mac.', 'look at its history, or go on with ignoreMac: true.'],
    ['Leave out --input-type, or give --input-type json.', "Leave out the option format, or give format: 'json'."],
    ['or choose another profile (AWS_PROFILE, --aws-profile).', 'or choose another profile (AWS_PROFILE).'],
    ['or go on with --keep-unlisted.', 'or go on with --keep-unlisted on the command line.'],
    ['Name it: sops-ts decrypt --output-type json', 'Name it: sops-ts decrypt --output-type json'],
    ['Run it on a terminal; a gpg-agent can hold it.', 'Give the option askSecret; a gpg-agent can hold it.'],
    ['--ignore-macs and x--only are not flags', '--ignore-macs and x--only are not flags'],
  ])('%s', (before, after) => {
    expect(worded(before, options)).toBe(after);
    expect(worded(after, options)).toBe(after);
  });

  test('an option that the call does not take is one of the command line', () => {
    expect(worded('or go on with --ignore-mac.', ['env'])).toBe('or go on with --ignore-mac on the command line.');
  });
});

describe('what is thrown', () => {
  let desk: LibraryDesk;
  beforeAll(async () => {
    desk = new LibraryDesk();
    await desk.seal('s.yaml', 'a: one\nb_unencrypted: 1\n');
    desk.write('broken.yaml', desk.text('s.yaml').replace('b_unencrypted: 1', 'b_unencrypted: 2'));
    desk.write('plain.yaml', 'a: 1\n');
    desk.write('rule.yaml', `creation_rules:\n  - age: ${desk.recipient}\n    encrypted_regex: ^none$\n`);
  });
  afterAll(() => desk.remove());

  async function thrownBy(call: Promise<unknown>): Promise<SopsError> {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SopsError);
    return error as SopsError;
  }

  test('a hint names the option that the call takes, and the causes of the error do', async () => {
    for (const call of [decryptFile('broken.yaml', desk.options), open('broken.yaml', desk.options)])
      expect((await thrownBy(call)).hint).toMatch(/go on with ignoreMac: true/);
    for (const call of [rotate('broken.yaml', desk.options)])
      expect((await thrownBy(call)).hint).toMatch(/--ignore-mac on the command line/);
    expect(await decryptFile('broken.yaml', { ...desk.options, ignoreMac: true })).toMatchObject({ a: 'one' });
  });

  test('who is to read a file is named by an option', async () => {
    const error = await thrownBy(encryptFile('plain.yaml', { ...desk.options, config: false }));
    expect([error.message, error.hint].join()).toContain('by the option recipients');
    expect([error.message, error.hint].join()).not.toContain('--');
  });

  test('a rule that selects nothing is gone against by an option', async () => {
    const o = { ...desk.options, config: 'rule.yaml', to: 'open.yaml' };
    const error = await thrownBy(encryptFile('plain.yaml', o));
    expect(error).toMatchObject({ code: 'nothing-encrypted', hint: expect.stringContaining('allowUnencrypted: true') });
    await encryptFile('plain.yaml', { ...o, allowUnencrypted: true });
    expect(desk.text('open.yaml')).toContain('a: 1\n');
  });

  test('a format is chosen by an option', async () => {
    const sealed = await encrypt({ a: { b: 1 } }, { ...desk.options, format: 'json', recipients: [desk.recipient] });
    const error = await thrownBy(decrypt(sealed, { ...desk.options, format: 'json', as: 'dotenv' }));
    expect(error.hint).toBe("It is json: give as: 'json'.");
    await desk.seal('nested.yaml', 'a: {b: 1}\n');
    expect((await thrownBy(execEnv('nested.yaml', desk.options))).hint).toMatch(/ with flatten: true\.$/);
    const loading = loadOnce({
      env: { SOPS_AGE_KEY: desk.identity, SOPS_FILE: 'nested.yaml' },
      cwd: desk.folder,
      pid: 1,
    });
    expect((await thrownBy(loading)).hint).toMatch(/ with SOPS_FLATTEN=1\.$/);
    expect((await thrownBy(execEnv('s.yaml', { ...desk.options, only: ['none'] }))).message).toMatch(
      /^the option only/,
    );
    desk.write('notes', 'A=1\n');
    await encryptFile('notes', { ...desk.options, format: 'dotenv', recipients: [desk.recipient] });
    expect(desk.text('notes')).toMatch(/^A=ENC\[/);
  });

  test('the name of a file is not a flag', async () => {
    expect((await thrownBy(rotate('--only', desk.options))).message).toContain('file: --only:');
  });

  test('what the command line advises in a warning is an option, too', async () => {
    const said: Warning[] = [];
    const onWarning = (warning: Warning): void => void said.push(warning);
    await encrypt('a = 1\n', { ...desk.options, onWarning, format: 'toml', recipients: [desk.recipient] });
    expect(said.map(({ message }) => message).join()).toMatch(/with format: 'binary'$/);
  });

  test('what the caller throws is the cause of an error of ours, which does not repeat it', async () => {
    const thrown = new TypeError('one');
    const record = (): never => {
      throw thrown;
    };
    for (const call of [decryptFile('s.yaml', { ...desk.options, audit: { record } })]) {
      const error = await thrownBy(call);
      expect(error).toMatchObject({ code: 'failed', cause: thrown });
      expect(JSON.stringify(error)).not.toContain('one');
    }
    const circle: SopsError & { cause?: unknown } = new SopsError('key', 'x', { hint: '--only' });
    circle.cause = circle;
    const refusing = { record: () => Promise.reject(circle) };
    expect((await thrownBy(execEnv('s.yaml', { ...desk.options, audit: refusing }))).hint).toBe('the option only');
    const signal = AbortSignal.abort(thrown);
    expect(await thrownBy(updateKeys('s.yaml', { ...desk.options, signal }))).toMatchObject({ code: 'aborted' });
  });
});
