/** `import dotenvx`: values that dotenvx encrypted, opened by its keys, sealed for SOPS. */
import { afterAll, afterEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { dotenvxPair, dotenvxValue, foreignFile } from '../../support/import.js';
import { TestRepository } from '../../support/repository.js';
import { run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

const own = dotenvxPair();
const other = dotenvxPair();

async function plaintextOf(target: string): Promise<string> {
  return (await desk.run(['decrypt', target])).stdout.toString();
}

test('a file of the real dotenvx', async () => {
  const source = foreignFile('dotenvx/encrypted.env');
  desk.write('.env', source);
  desk.write('.env.keys', foreignFile('dotenvx/keys.env'));
  const ran = await desk.run(['import', 'dotenvx', '.env']);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  expect(ran.stdout.toString()).toBe('.env was imported into .enc.env (4 values); .env itself is left as it is\n');
  expect(desk.read('.env')).toEqual(source);
  expect(await plaintextOf('.enc.env')).toBe('# .env\n# c\nHELLO=wor ld\nEMPTY=\nMULTI=a\\nb\n# inline\nX=1\n');
});

test('escapes, and what dotenvx would have expanded', async () => {
  desk.write('.env', foreignFile('dotenvx/escapes.encrypted.env'));
  desk.write('.env.keys', foreignFile('dotenvx/escapes.keys.env'));
  const ran = await desk.run(['import', 'dotenvx', '.env', '--output', 'a.enc.json']);
  expect(ran.stderr).toContain(
    'dotenvx expands $NAME in some values when it reads them; they are kept as they are written: F, G, H, I',
  );
  // As dotenvx prints them, but for those four.
  expect(JSON.parse(await plaintextOf('a.enc.json'))).toEqual({
    A: 'x$HOME',
    B: 'x\\$HOME',
    C: 'x$HOME',
    D: 'x$HOME',
    E: 'a\\\nb',
    F: '$HOME',
    G: '$(echo hi)',
    H: '$UNSET_VAR',
    I: '${UNSET_VAR:-def}',
    J: 'cost$5',
    K: 'p$',
    L: 'a\\\tb',
    M: 'a\\$HOME',
  });
});

test('plain values beside encrypted ones; the public key and its notice go, other comments stay', async () => {
  const sealed = dotenvxValue('s', own.publicKey);
  desk.write(
    '.env',
    `#/---/\n#/ notice /\nDOTENV_PUBLIC_KEY="${own.publicKey}"\n\n# mine\nexport A='${sealed}' # c\nB=plain\nA=${sealed}\n`,
  );
  const ran = await desk.run(['import', 'dotenvx', '.env'], { env: { DOTENV_PRIVATE_KEY: own.privateKey } });
  expect(ran.status).toBe(0);
  expect(await plaintextOf('.enc.env')).toBe('# mine\nB=plain\nA=s\n');
});

test('the mark of a file from Windows, above which dotenvx has put its public key', async () => {
  const sealed = dotenvxValue('s', own.publicKey);
  for (const head of ['', `DOTENV_PUBLIC_KEY="${own.publicKey}"\n\n`]) {
    desk.write('.env', `${head}\ufeffA=${sealed}\n`);
    const ran = await desk.run(['import', 'dotenvx', '.env'], { env: { DOTENV_PRIVATE_KEY: own.privateKey } });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(await plaintextOf('.enc.env')).toBe('A=s\n');
    desk.clear();
  }
});

describe('keys', () => {
  const text = `A=${dotenvxValue('s', own.publicKey)}\n`;
  const withKey = (name: string) => `${name}="${own.publicKey}"\n${text}`;

  test.each<[string, string, string, Record<string, string>]>([
    ['by the name of the file', '.env.production', text, { DOTENV_PRIVATE_KEY_PRODUCTION: own.privateKey }],
    ['by the public key', 'x.env', withKey('DOTENV_PUBLIC_KEY_CI'), { DOTENV_PRIVATE_KEY_CI: own.privateKey }],
    ['several', '.env', text, { DOTENV_PRIVATE_KEY: `${other.privateKey}, ${own.privateKey}` }],
  ])('in the environment, %s', async (_, name, content, env) => {
    desk.write(name, content);
    expect(await desk.run(['import', 'dotenvx', name, '--output', 'o.env'], { env })).toMatchObject({ status: 0 });
    expect(await plaintextOf('o.env')).toBe('A=s\n');
  });

  test('in .env.keys, among others, and in a file that is named', async () => {
    const keys = `# k\nDOTENV_PRIVATE_KEY_X=${other.privateKey}\nDOTENV_PRIVATE_KEY_CI="${other.privateKey},${own.privateKey}"\n`;
    desk.write('.env.ci', text);
    desk.write('.env.keys', keys);
    expect(await desk.run(['import', 'dotenvx', '.env.ci'])).toMatchObject({ status: 0 });
    desk.clear();
    desk.write('.env.ci', text);
    desk.write('k', keys);
    expect(await desk.run(['import', 'dotenvx', '.env.ci', '--keys-file', 'k'])).toMatchObject({ status: 0 });
  });

  test.each<[string, Record<string, string>, string]>([
    ['none', {}, 'no private key of dotenvx for A'],
    ['a wrong one', { DOTENV_PRIVATE_KEY: other.privateKey }, 'no private key opens A'],
    ['none of its form', { DOTENV_PRIVATE_KEY: 'abc' }, 'DOTENV_PRIVATE_KEY holds something that is not a private key'],
    ['no number of the curve', { DOTENV_PRIVATE_KEY: '0'.repeat(64) }, 'no private key opens A'],
  ])('%s', async (_, env, message) => {
    desk.write('.env', `${withKey('DOTENV_PUBLIC_KEY')}B=2\n`);
    const ran = await desk.run(['import', 'dotenvx', '.env'], { env });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['.env']);
  });

  test('a file of keys that is not there', async () => {
    desk.write('.env', text);
    const { stderr } = await desk.run(['import', 'dotenvx', '.env', '--keys-file', 'gone']);
    expect(stderr).toContain('cannot read the private keys');
  });
});

describe('what was changed does not open', () => {
  const value = Buffer.from(dotenvxValue('some text', own.publicKey).slice('encrypted:'.length), 'base64');
  const changed = (at: number) => {
    const bytes = Buffer.from(value);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };

  test.each([
    ['the mark of the point', changed(0)],
    ['x of the point', changed(5)],
    ['y of the point', changed(64)],
    ['the IV', changed(65)],
    ['the tag', changed(81)],
    ['the text', changed(97)],
    ['cut', value.subarray(0, -1)],
    ['cut in the tag', value.subarray(0, 90)],
  ])('%s', async (_, bytes) => {
    desk.write('.env', `B=1\nA=encrypted:${bytes.toString('base64')}\n`);
    const ran = await desk.run(['import', 'dotenvx', '.env'], { env: { DOTENV_PRIVATE_KEY: own.privateKey } });
    expect(ran).toMatchObject({ status: 1 });
    expect(ran.stderr).toContain('no private key opens A');
    expect(desk.names()).toEqual(['.env']);
  });
});

test('a value that was secret must not stand in clear by a rule, unless that is meant', async () => {
  desk.write('.env', `A=${dotenvxValue('canary', own.publicKey)}\nB_secret=${dotenvxValue('x', own.publicKey)}\nC=\n`);
  const words = ['import', 'dotenvx', '.env', '--encrypted-suffix', '_secret'];
  const env = { DOTENV_PRIVATE_KEY: own.privateKey };
  const ran = await desk.run(words, { env });
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain('values that were secret would stand in clear in .enc.env: ["A"]');
  expect(ran.stderr).not.toContain('canary');
  expect(desk.names()).toEqual(['.env']);
  expect(await desk.run([...words, '--allow-unencrypted'], { env })).toMatchObject({ status: 0 });
  expect(desk.text('.enc.env')).toContain('A=canary\n');
});

test('history and a tracked key are told; one bad file stops no other', async () => {
  const repository = new TestRepository();
  try {
    repository.write({
      '.env': `A=${dotenvxValue('s', own.publicKey)}\n`,
      '.env.ci': `A=${dotenvxValue('s', other.publicKey)}\n`,
      '.env.keys': `DOTENV_PRIVATE_KEY=${own.privateKey}\n`,
      'plain.env': 'A=1\n',
    });
    repository.commit();
    const options = { cwd: repository.folder, env: { ...repository.env, SOPS_AGE_RECIPIENTS: desk.recipient } };
    const ran = await run(['import', 'dotenvx', '.'], options);
    expect(ran.status).toBe(1);
    expect(ran.stdout.toString()).toBe(
      '.env was imported into .enc.env (1 value); .env itself is left as it is\n' +
        'finding: .env.keys: the old key is tracked by git, for everybody who has the repository\n',
    );
    expect(ran.stderr).toContain("git's history still holds the source with what the private key of dotenvx opens");
    expect(ran.stderr).toContain('1 of 2 files failed');
    expect(repository.git('status', '--porcelain')).toBe('?? .enc.env');
  } finally {
    repository.remove();
  }
});
