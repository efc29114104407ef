import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLE } from '../../../src/cli/commands/table.js';
import { COMMANDS } from '../../../src/cli/commands.js';
import { offerFor } from '../../../src/cli/completion/candidates.js';
import { completionScript, type Shell } from '../../../src/cli/completion/scripts.js';
import { flagsOf } from '../../../src/cli/words/flags.js';
import { FORMATS } from '../../../src/formats/registry.js';
import { Desk } from '../../support/desk.js';
import { runMain } from './run-main.js';

function wordsAt(line: readonly string[], current = ''): string[] {
  return offerFor(line, current, COMMANDS).candidates.map(({ word }) => word);
}

describe('at the beginning', () => {
  test('commands, the first words of families, help, and files', () => {
    const { candidates, files } = offerFor([], '', COMMANDS);
    const firstWords = new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''));
    expect(candidates.map(({ word }) => word)).toEqual([...firstWords, 'help']);
    expect(files).toBe(true);
    for (const { word, text } of candidates) expect(text, word).not.toBe('');
  });

  test('flags of the program, long ones first', () => {
    const words = wordsAt([], '-');
    expect(words).toEqual(expect.arrayContaining(['--decrypt', '-d', '--config', '--version', '-v', '--help', '-h']));
    expect(words).not.toContain('--idempotent');
    expect(wordsAt([], '--dec')).toEqual(['--decrypt', '--decryption-order']);
  });

  test('a flag with its value, or a file alone, changes what follows', () => {
    expect(wordsAt(['--config', 'decrypt'], 'enc')).toEqual(['encrypt']);
    expect(offerFor(['f.yaml'], '', COMMANDS)).toEqual({ candidates: [], files: true });
  });
});

describe('behind a command', () => {
  test.each(COMMANDS)('$name: its own flags', ({ name }) => {
    const expected = flagsOf(name).flatMap(({ name: long, short = '' }) => [`--${long}`, short[1] && `--${short}`]);
    expect(new Set(wordsAt(name.split(' '), '--'))).toEqual(new Set(expected.filter(Boolean)));
  });

  test('files, but for families and help', () => {
    expect(offerFor(['decrypt'], '', COMMANDS)).toEqual({ candidates: [], files: true });
    expect(offerFor(['groups'], '', COMMANDS).files).toBe(false);
    expect(wordsAt(['groups'])).toEqual(['add', 'delete']);
    expect(wordsAt(['help'], 'gr')).toEqual(['groups', 'grant']);
    expect(wordsAt(['help', 'groups'])).toEqual(['add', 'delete']);
    expect(wordsAt(['completion'])).toEqual(['bash', 'zsh', 'fish', 'powershell']);
  });

  test('flags that stand there are not offered again, but for lists', () => {
    expect(wordsAt(['decrypt', '-i', 'f'], '--in')).not.toContain('--in-place');
    expect(wordsAt(['decrypt', '--keyservice', 'tcp://h:1'], '--keys')).toEqual(['--keyservice']);
  });

  test('nothing but files behind --', () => {
    expect(offerFor(['exec-env', 'f', '--'], '-', COMMANDS)).toEqual({ candidates: [], files: true });
  });
});

describe('the value of a flag', () => {
  test('of a closed set', () => {
    const formats = FORMATS.map(({ name }) => name);
    expect(wordsAt(['decrypt', '--input-type'])).toEqual(formats);
    expect(wordsAt(['decrypt', '--input-type'], 'j')).toEqual(['json']);
    expect(wordsAt(['decrypt'], '--output-type=y')).toEqual(['--output-type=yaml']);
    expect(wordsAt(['keyservice', '--net'])).toEqual(['tcp', 'unix']);
  });

  test('of a list with commas: what is not in it yet', () => {
    expect(wordsAt(['decrypt', '--decryption-order'], 'age,p')).toEqual(['age,pgp']);
    expect(wordsAt(['decrypt', '--decryption-order'], 'age,a')).toEqual(['age,azure_kv']);
    expect(wordsAt(['decrypt'], '--decryption-order=age,pg')).toEqual(['--decryption-order=age,pgp']);
  });

  test('of a file, and of what cannot be known', () => {
    expect(offerFor(['decrypt', '--output'], '', COMMANDS)).toEqual({ candidates: [], files: true });
    expect(offerFor(['decrypt'], '--output=x', COMMANDS)).toEqual({ candidates: [], files: true });
    expect(offerFor(['encrypt', '--age'], '', COMMANDS)).toEqual({ candidates: [], files: false });
    expect(offerFor(['decrypt'], '--in-place=', COMMANDS)).toEqual({ candidates: [], files: false });
  });
});

describe('what the program answers to scripts', () => {
  test('ours: whether files may follow, and candidates with their texts', async () => {
    const { out, status, calls } = await runMain(['--generate-completion=--in-', 'decrypt', 'f']);
    expect(out).toBe('words\n--in-place\twrite the result back to the file\n');
    expect((await runMain(['--generate-completion=', 'decrypt'])).out).toBe('files\n');
    expect([status, calls]).toEqual([0, []]);
  });

  test("SOPS's: names alone; with usage for zsh", async () => {
    const word = '--generate-bash-completion';
    expect((await runMain(['groups', word])).out).toBe('add\ndelete\n');
    expect((await runMain(['decrypt', '--in-', word])).out).toBe('--in-place\n');
    expect((await runMain(['decrypt', word])).out).toBe('');
    expect((await runMain(['decrypt', '--input-type', word])).out).toBe(
      FORMATS.map(({ name }) => `${name}\n`).join(''),
    );
    const { out } = await runMain(['groups', word], { env: { _CLI_ZSH_AUTOCOMPLETE_HACK: '1' } });
    expect(out).toBe('add:add a key group to a file\ndelete:delete a key group from a file\n');
    expect((await runMain(['-', word], { env: { _CLI_ZSH_AUTOCOMPLETE_HACK: '1' } })).out).not.toContain(':');
  });

  test('an unfinished line is never run, whatever it says', async () => {
    for (const words of [
      ['exec-env', 'f', '--', 'rm', '-rf', 'x'],
      ['-d', 'f'],
      ['--nope'],
      ['--version'],
      ['--output'],
    ]) {
      const { calls, err, status } = await runMain([...words, '--generate-bash-completion']);
      expect([calls, err, status]).toEqual([[], '', 0]);
    }
  });
});

describe('the scripts', () => {
  const shells: Shell[] = ['bash', 'zsh', 'fish', 'powershell'];

  test.each(shells)('%s: for the name that the program is called by', async (shell) => {
    expect(completionScript(shell, 'sops')).toMatch(/\bsops\b/);
    expect(completionScript(shell, 'sops')).not.toContain('sops-ts');
    expect(completionScript(shell, 'my.sops-2')).toContain('my.sops-2');
  });

  test('powershell: words are quoted by its own rules, for which typographic quotes are quotes', () => {
    const script = completionScript('powershell', 'sops-ts');
    expect(script).toContain('::EscapeSingleQuotedStringContent($word)');
    expect(script).not.toContain('.Replace(');
  });

  test.each(shells)('%s: a name that a shell would take for more is not used', (shell) => {
    for (const name of ['$(touch x)', 'a b', "a'b", '-x', '', 'a;b', 'a\nb']) {
      expect(completionScript(shell, name)).toBe(completionScript(shell, 'sops-ts'));
    }
  });
});

test('every flag with a closed set has the words that its command takes', () => {
  expect(TABLE.flags.some((row) => row.name === 'input-type')).toBe(true);
  expect(wordsAt(['set', '--generate'])).toEqual(['password', 'hex', 'base64', 'uuid']);
});

describe('words that stand in files', () => {
  const desk = new Desk();
  afterAll(() => desk.remove());
  const NO_KEY = { SOPS_AGE_KEY: '' };

  beforeAll(async () => {
    desk.write('a.yaml', await desk.encrypt('a.yaml', 'db: {hosts: [x], password: y}\n"a b": z\n"sp\\u0007": 1\n'));
    desk.write(
      '.sops.yaml',
      `keys:\n  - &alice ${desk.recipient}\ncreation_rules:\n  - key_groups: [{age: [*alice]}]\n`,
    );
  });

  async function answer(current: string, ...words: string[]): Promise<string[]> {
    const ran = await desk.run([`--generate-completion=${current}`, ...words], { env: NO_KEY });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    return ran.stdout
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/\t.*/, ''));
  }

  test.each([[['get']], [['set']], [['unset']], [['set', '--idempotent']]])(
    'places of an encrypted file behind %j, without a key',
    async (words) => {
      expect(await answer('', ...words)).toEqual(['files']);
      expect(await answer('db', ...words, 'a.yaml')).toEqual(['words', 'db', 'db.hosts', 'db.hosts[0]', 'db.password']);
      expect(await answer('a', ...words, 'a.yaml')).toEqual(['words', 'a b']);
      expect(await answer('', ...words, 'absent.yaml')).toEqual(['words']);
    },
  );

  test('places behind --extract, once the file is known', async () => {
    expect(await answer('--extract=db.p', 'decrypt', 'a.yaml')).toEqual(['words', '--extract=db.p' + 'assword']);
    expect(await answer('db.p', 'decrypt', 'a.yaml', '--extract')).toEqual(['words', 'db.password']);
    expect(await answer('', 'decrypt', '--extract')).toEqual(['words']);
  });

  test('what a terminal would obey is not offered', async () => {
    expect(await answer('s', 'get', 'a.yaml')).toEqual(['words']);
  });

  test('names of recipients', async () => {
    expect(await answer('', 'revoke')).toEqual(['words', 'alice']);
    expect(await answer('b', 'revoke')).toEqual(['words']);
    expect(await answer('', 'revoke', 'alice')).toEqual(['files']);
    desk.write('.sops.yaml', 'creation_rules: [');
    expect(await answer('', 'revoke')).toEqual(['words']);
  });
});
