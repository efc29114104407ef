/** `init`: a key, a configuration, and nothing that was there before changed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { RECIPIENTS } from '../../support/lifecycle.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const [FIRST, SECOND] = RECIPIENTS as [string, string];
const OWN_KEY = new URL('../../../fixtures/lifecycle/keys/shamir0.txt', import.meta.url).pathname;

let folder: string;
let home: string;
let repo: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-init-'));
  home = join(folder, 'home');
  repo = join(folder, 'repo');
  mkdirSync(home);
  mkdirSync(join(repo, '.git'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Options {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
}

async function start(words: readonly string[], { env = {}, cwd = repo, stdin = '' }: Options = {}): Promise<Ran> {
  const ran = await run(words, { cwd, env: { HOME: home, USER: 'alice', ...env }, stdin });
  expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/AGE-SECRET-KEY-1/);
  return ran;
}

const init = (words: readonly string[] = ['--yes'], options: Options = {}): Promise<Ran> =>
  start(['init', ...words], options);
const keyPath = (): string => join(home, '.config/sops/age/keys.txt');
const config = (): string => readFileSync(join(repo, '.sops.yaml'), 'utf8');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('what fails behind what was made', () => {
  test('the schema: the key and the configuration are named', async () => {
    symlinkSync('nowhere', join(repo, '.sops.schema.json'));
    const { status, stderr } = await init();
    expect(status).not.toBe(0);
    expect(stderr).toContain(`Written before, whole, and kept: ${keyPath()}, .sops.yaml\n`);
    expect(config()).toContain('creation_rules');
  });

  test('the first folder: the schema, too; and nothing of what was there already', async () => {
    writeFileSync(join(repo, 'secrets'), '');
    const { stderr } = await init(['--yes', '--age', FIRST]);
    expect(stderr).toContain('Make the folder yourself.');
    expect(stderr).toContain('Written before, whole, and kept: .sops.yaml, .sops.schema.json\n');
  });
});

describe('with nothing there', () => {
  test('makes a key in the default place, private, and a configuration that names it', async () => {
    const { status, stdout, stderr } = await init();
    expect([status, stderr]).toEqual([0, '']);
    const key = readFileSync(keyPath(), 'utf8');
    const recipient = /^# created: \d{4}-\S+Z\n# public key: (age1\S+)\nAGE-SECRET-KEY-1\S+\n$/.exec(key)?.[1];
    expect(recipient).toBeDefined();
    expect([modeOf(keyPath()), modeOf(join(home, '.config/sops/age'))]).toEqual([0o600, 0o700]);
    expect(config()).toContain(`- &alice ${recipient}\n`);
    expect(stdout.toString()).toContain(recipient);
    const [, schema = ''] = /\$schema=(\S+)/.exec(config()) ?? [];
    expect(readFileSync(join(repo, schema), 'utf8')).toBe((await start(['config', 'schema'])).stdout.toString());
    expect(stdout.toString()).toMatch(/^Commit: .*\nNever commit: .*keys\.txt/m);
  });

  test.each([
    ['k8s/app.yaml', 'kind: Secret\ndata: {a: eA==}\n', 'kind: Secret'],
    ['secrets/app.json', '{"a": "x"}', undefined],
    ['.env', 'A=x\n', undefined],
    ['deep/.env.local', 'A=x\n', undefined],
    ['x.enc.yaml', 'a: x\n', undefined],
  ])('%s can be encrypted and decrypted at once', async (path, text, readable) => {
    await init();
    mkdirSync(join(repo, path, '..'), { recursive: true });
    writeFileSync(join(repo, path), text);
    // Of that name SOPS must be told what it is.
    const stderr = path.endsWith('.env.local') ? expect.stringMatching(/^warning: .*--input-type dotenv.*\n$/) : '';
    expect(await start(['encrypt', '-i', path])).toMatchObject({ status: 0, stderr });
    const sealed = readFileSync(join(repo, path), 'utf8');
    expect(sealed).toContain('ENC[');
    if (readable) expect(sealed).toContain(readable);
    expect((await start(['decrypt', path])).stdout.toString()).toBe(text);
    expect((await start(['why', path])).stdout.toString()).toContain('(alice)');
  });

  test('a file that no rule is for is refused', async () => {
    await init();
    writeFileSync(join(repo, 'README.md'), 'x');
    expect((await start(['encrypt', 'README.md'])).status).toBe(1);
  });

  test('goes to the root of the repository; without one, to the working directory', async () => {
    mkdirSync(join(repo, 'a/b'), { recursive: true });
    await init(['--yes'], { cwd: join(repo, 'a/b') });
    expect(existsSync(join(repo, '.sops.yaml'))).toBe(true);
    const plain = join(folder, 'plain');
    mkdirSync(plain);
    await init(['--yes'], { cwd: plain });
    expect(existsSync(join(plain, '.sops.yaml'))).toBe(true);
  });

  test('by question: each is asked, and no is taken', async () => {
    const { stdout } = await init([], { stdin: 'y\nn\n' });
    expect(stdout.toString()).toContain(`Make an age key in ${keyPath()}? (y/n):`);
    expect(stdout.toString()).toContain('Write .sops.yaml with 1 recipient(s)? (y/n):');
    expect([existsSync(keyPath()), existsSync(join(repo, '.sops.yaml'))]).toEqual([true, false]);
    rmSync(keyPath());
    const declined = await init([], { stdin: 'n\n' });
    expect([declined.status, existsSync(keyPath())]).toEqual([0, false]);
    expect(declined.stdout.toString()).toContain('Nothing was made.');
  });

  test('without anybody to answer, nothing is made', async () => {
    const { status, stderr } = await init([]);
    expect(status).toBe(1);
    expect(stderr).toContain('--yes');
    expect([existsSync(keyPath()), existsSync(join(repo, '.sops.yaml'))]).toEqual([false, false]);
  });
});

describe('what is there stays as it is', () => {
  test('a second run changes nothing', async () => {
    await init();
    const before = [readFileSync(keyPath(), 'utf8'), config()];
    const { status, stdout } = await init();
    expect([status, readFileSync(keyPath(), 'utf8'), config()]).toEqual([0, ...before]);
    expect(stdout.toString()).toContain('.sops.yaml is there already');
  });

  test('a schema beside the configuration stays', async () => {
    writeFileSync(join(repo, '.sops.schema.json'), '{"mine": true}');
    await init();
    expect(readFileSync(join(repo, '.sops.schema.json'), 'utf8')).toBe('{"mine": true}');
  });

  test.each([['SOPS_AGE_KEY'], ['SOPS_AGE_KEY_FILE']])('the key of %s is used', async (variable) => {
    const value =
      variable === 'SOPS_AGE_KEY' ? (/AGE-SECRET\S+/.exec(readFileSync(OWN_KEY, 'utf8'))?.[0] ?? '') : OWN_KEY;
    const { status } = await init(['--yes'], { env: { [variable]: value } });
    expect([status, existsSync(keyPath())]).toEqual([0, false]);
    expect(config()).toContain(FIRST);
  });

  test('a configuration that has not the key: told who must add it', async () => {
    writeFileSync(join(repo, '.sops.yaml'), `creation_rules:\n  - age: ${SECOND}\n`);
    const { stdout } = await init();
    expect(stdout.toString()).toContain('Your key is not in it');
    expect(config()).toBe(`creation_rules:\n  - age: ${SECOND}\n`);
    expect(existsSync(join(repo, '.sops.schema.json'))).toBe(false);
  });

  test('the configuration that SOPS_CONFIG names counts as one that is there', async () => {
    const other = join(folder, 'other.yaml');
    writeFileSync(other, '{}\n');
    const { status } = await init(['--yes'], { env: { SOPS_CONFIG: other } });
    expect([status, existsSync(join(repo, '.sops.yaml'))]).toEqual([0, false]);
    expect((await init(['--yes'], { env: { SOPS_CONFIG: '/nope.yaml' } })).status).toBe(1);
    mkdirSync(join(repo, '.sops.yaml'));
    expect((await init()).status).toBe(1);
  });

  test.each([
    ['a file that holds no key', () => writeFileSync(keyPath(), 'something else\n')],
    ['a link to nowhere', () => symlinkSync('/nowhere/at/all', keyPath())],
  ])('%s at the place of the key is not overwritten', async (_, lay) => {
    mkdirSync(join(home, '.config/sops/age'), { recursive: true });
    lay();
    const { status } = await init();
    expect(status).not.toBe(0);
    expect(existsSync(join(repo, '.sops.yaml'))).toBe(false);
    if (existsSync(keyPath())) expect(readFileSync(keyPath(), 'utf8')).not.toContain('AGE-SECRET');
  });

  test('a place that cannot be written leaves nothing behind', async () => {
    writeFileSync(join(folder, 'file'), 'x');
    const { status, stderr } = await init(['--yes', '--key-file', join(folder, 'file/keys.txt')]);
    expect(status).toBe(3);
    expect(stderr).toContain('file/keys.txt');
    expect(existsSync(join(repo, '.sops.yaml'))).toBe(false);
  });
});

describe('what a run that was ended left unfinished', () => {
  const lay = (text: string): void => {
    mkdirSync(join(home, '.config/sops/age'), { recursive: true });
    writeFileSync(keyPath(), text);
  };

  test.each([
    ['empty', ''],
    ['of zeros', '\0\0\0'],
    ['with comments alone', '# created: 2026-01-01T00:00:00Z\n# public key: age1'],
    ['with an identity that breaks off', '# created: x\nAGE-SECRET-KEY-1QQQQ'],
    ['with less', '# created: x\nAGE-SEC'],
  ])('a key file %s is told and replaced', async (_, text) => {
    lay(text);
    const asked = await init([], { stdin: 'n\n' });
    expect(asked.stdout.toString()).toContain(`${keyPath()} holds no key. Replace it by a new age key? (y/n):`);
    expect(readFileSync(keyPath(), 'utf8')).toBe(text);
    const { status, stderr } = await init();
    expect([status, stderr]).toEqual([0, `warning: ${keyPath()} was empty or broken off, and is written anew\n`]);
    expect(readFileSync(keyPath(), 'utf8')).toMatch(/^AGE-SECRET-KEY-1\S{58}$/m);
    expect(config()).toContain('&alice age1');
  });

  test.each(['AGE-SECRET-KEY-1QQQQ\nAGE-SECRET-KEY-1', `${'AGE-SECRET-KEY-1'.padEnd(74, 'Q')}`, 'x'])(
    'a key file that may be worth something is not (%j)',
    async (text) => {
      lay(text);
      expect((await init()).status).toBe(1);
      expect(readFileSync(keyPath(), 'utf8')).toBe(text);
    },
  );

  test.each(['', '\0\0', '# Who can read'])(
    'a configuration that says nothing is told and replaced (%j)',
    async (text) => {
      writeFileSync(join(repo, '.sops.yaml'), text);
      const { status, stderr } = await init();
      expect(status).toBe(0);
      expect(stderr).toContain('.sops.yaml was empty or broken off');
      expect(config()).toContain('creation_rules:');
    },
  );

  test('a configuration that breaks off in the middle is told and stays', async () => {
    writeFileSync(join(repo, '.sops.yaml'), "creation_rules:\n  - path_regex: '(^|/)sec");
    const { status, stderr } = await init();
    expect(status).toBe(0);
    expect(stderr).toContain('.sops.yaml cannot be used as it is; mend it, or remove it');
    expect(config()).toBe("creation_rules:\n  - path_regex: '(^|/)sec");
  });
});

describe('what is told', () => {
  test('the next step works as it is printed', async () => {
    const { stdout } = await init();
    const [, next = ''] = /^Next: +sops-ts (.*?) {2}/m.exec(stdout.toString()) ?? [];
    expect(next).toBe('edit secrets/app.yaml');
    const editor = join(folder, 'editor.sh');
    writeFileSync(editor, 'echo "a: 1" > "$1"\n');
    expect(
      await start(next.split(' '), { env: { EDITOR: `sh ${editor}`, PATH: process.env.PATH ?? '' } }),
    ).toMatchObject({ status: 0 });
    expect((await start(['decrypt', 'secrets/app.yaml'])).stdout.toString()).toBe('a: 1\n');
  });

  test('with a rule of the user’s own, no step that it is not for', async () => {
    const { stdout } = await init(['--yes', '--path-regex', '^x/']);
    expect(stdout.toString()).toContain('Next:         sops-ts encrypt -i FILE ');
    expect(existsSync(join(repo, 'secrets'))).toBe(false);
  });

  test('a key that is there as what it is', async () => {
    await init();
    expect((await init()).stdout.toString()).toContain(`You have an age key already, in ${keyPath()}`);
    const key = /AGE-SECRET\S+/.exec(readFileSync(OWN_KEY, 'utf8'))?.[0] ?? '';
    const { stdout } = await init(['--yes'], { env: { SOPS_AGE_KEY: key } });
    expect(stdout.toString()).toContain('in the variable SOPS_AGE_KEY; its public key is');
    const { status, stderr } = await init(['--yes', '--key-file', OWN_KEY]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`is there already (the key of ${FIRST})`)]);
    const plugin = await init(['--yes'], { env: { SOPS_AGE_KEY: 'AGE-PLUGIN-YUBIKEY-1QQPQ9SHC8L' } });
    expect(plugin.stderr).toMatch(/plug-in age-plugin-yubikey, which does not tell|malformed/);
  });
});

describe('a key and a repository', () => {
  test('a key is not made in one', async () => {
    const { status, stderr } = await init(['--yes', '--key-file', 'keys.txt']);
    expect(status).toBe(1);
    expect(stderr).toContain('lies in the repository');
    expect(existsSync(join(repo, 'keys.txt'))).toBe(false);
  });

  test('nor below a home folder that is one', async () => {
    mkdirSync(join(home, '.git'));
    expect((await init()).stderr).toContain('--key-file');
    expect(existsSync(keyPath())).toBe(false);
  });

  test('SOPS_AGE_KEY_FILE names the place of a new key', async () => {
    const path = join(folder, 'own/keys.txt');
    expect((await init(['--yes'], { env: { SOPS_AGE_KEY_FILE: path } })).status).toBe(0);
    expect(modeOf(path)).toBe(0o600);
  });

  test('one that lies in a repository already: a warning', async () => {
    writeFileSync(join(repo, 'keys.txt'), readFileSync(OWN_KEY));
    const { stderr } = await init(['--yes'], { env: { SOPS_AGE_KEY_FILE: 'keys.txt' } });
    expect(stderr).toContain('is committed one day');
  });
});

describe('flags', () => {
  test('recipients of others: no key is made', async () => {
    expect((await init(['--yes', '--age', `${FIRST},${SECOND}`])).status).toBe(0);
    expect(existsSync(keyPath())).toBe(false);
    writeFileSync(join(repo, '.env'), 'A=x\n');
    const { stdout } = await start(['why', '--json', '.env']);
    expect(JSON.parse(stdout.toString()).plan.groups).toEqual([
      [
        { type: 'age', recipient: FIRST, name: 'recipient_1' },
        { type: 'age', recipient: SECOND, name: 'recipient_2' },
      ],
    ]);
  });

  test('an SSH recipient with a remark is quoted', async () => {
    const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN a: #b@host';
    expect((await init(['--yes', '--age', line])).status).toBe(0);
    writeFileSync(join(repo, '.env'), 'A=x\n');
    expect((await start(['why', '.env'])).status).toBe(0);
  });

  test('one rule instead of the usual ones, and a name', async () => {
    const words = ['--yes', '--name', 'ops', '--path-regex', "^it's/.*$", '--encrypted-regex', '^data$'];
    expect((await init(words)).status).toBe(0);
    expect(config()).toContain("  - path_regex: '^it''s/.*$'\n    encrypted_regex: '^data$'\n");
    expect(config().match(/path_regex:/g)).toHaveLength(1);
    expect(config()).toContain('&ops age1');
    expect((await start(['why', "it's/x.yaml"])).status).toBe(0);
  });

  test.each([
    [['--path-regex', '('], 1],
    [['--path-regex', 'a\nb'], 1],
    [['--encrypted-regex', 'a'], 1],
    [['--name', 'a b'], 1],
    [['--age', 'age1nope'], 1],
    [['operand'], 1],
  ])('%j is refused before anything is made', async (words, expected) => {
    const { status } = await init(['--yes', ...words]);
    expect([status, existsSync(keyPath()), existsSync(join(repo, '.sops.yaml'))]).toEqual([expected, false, false]);
  });

  test('a user name that is not an anchor is made one', async () => {
    await init(['--yes'], { env: { USER: 'CORP\\Ann Ü.' } });
    expect(config()).toContain('&CORP_Ann age1');
  });
});
