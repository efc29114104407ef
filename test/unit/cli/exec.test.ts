/** `exec-env` and `exec-file` through main: operands, flags, errors, and what the program gets. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { privateFoldersOf } from '../../support/private-folders.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  desk.write('a.yaml', await desk.encrypt('a.yaml', 'A: canary-1\nN: null\nS: 5\n'));
  desk.write('n.yaml', await desk.encrypt('n.yaml', 'db:\n  host: canary-2\n  ports: [1, 2]\nA: canary-3\n'));
  desk.write('twice.yaml', await desk.encrypt('twice.yaml', 'a_b: canary-4\na: {b: canary-5}\n'));
  desk.write('equals.json', await desk.encrypt('equals.json', '{"A=B": "canary-6"}'));
  desk.write('nul.json', await desk.encrypt('nul.json', '{"A": "canary-7\\u0000"}'));
  desk.write('bytes.bin', await desk.encrypt('bytes.bin', Buffer.from([0, 255, 10, 65, 65, 65, 65])));
  desk.write('several.yaml', await desk.encrypt('several.yaml', 'A: one\n---\nA: two\n'));
});

afterAll(() => desk.remove());

async function lines(...words: string[]): Promise<string[]> {
  const ran = await desk.run(words);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return ran.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !/^(?:PWD|_|SHLVL|OLDPWD)=/.test(line));
}

describe.skipIf(process.platform === 'win32')('exec-env', () => {
  test('a text is run by the shell; null is the empty text', async () => {
    expect(await lines('exec-env', 'a.yaml', 'echo "$A|$N|$S|$0"')).toEqual(['canary-1||5|/bin/sh']);
    expect(await lines('exec-env', '--pristine', 'a.yaml', '/usr/bin/env | sort')).toEqual(['A=canary-1', 'N=', 'S=5']);
  });

  test('a yes/no flag between file and command does not swap them, as it does in SOPS', async () => {
    expect(await lines('exec-env', 'a.yaml', '--pristine', '/usr/bin/env | sort')).toEqual(['A=canary-1', 'N=', 'S=5']);
  });

  test('words behind -- are a program and its arguments, which no shell sees', async () => {
    const script = 'console.log(JSON.stringify([process.env.A, ...process.argv.slice(1)]))';
    const [line = ''] = await lines(
      'exec-env',
      'a.yaml',
      '--',
      'node',
      '-e',
      script,
      '--',
      'x  y',
      '$A',
      '',
      '--pristine',
    );
    expect(JSON.parse(line)).toEqual(['canary-1', 'x  y', '$A', '', '--pristine']);
  });

  test('a single word behind -- that is not a program is a text for the shell, as in SOPS', async () => {
    expect(await lines('exec-env', 'n.yaml', '--', 'echo "$db_host $A"')).toEqual(['canary-2 canary-3']);
  });

  test('several files, of which the last wins; nested keys; --prefix and --only', async () => {
    expect(await lines('exec-env', '--pristine', 'a.yaml', 'n.yaml', '--', 'env')).toEqual([
      'N=',
      'S=5',
      'db_host=canary-2',
      'db_ports_0=1',
      'db_ports_1=2',
      'A=canary-3',
    ]);
    expect(
      await lines('exec-env', '--pristine', '--prefix', 'P_', '--only', 'S,db_host', 'a.yaml', 'n.yaml', '--', 'env'),
    ).toEqual(['P_S=5', 'P_db_host=canary-2']);
  });

  test('--input-type, also for SOPS’s form', async () => {
    desk.write('a.secret', desk.read('a.yaml'));
    expect(await lines('exec-env', '--input-type', 'yaml', 'a.secret', 'echo $A')).toEqual(['canary-1']);
  });

  test('--ignore-mac', async () => {
    desk.write('changed.yaml', desk.text('a.yaml').replace('N: null', 'N: null\nZ_unencrypted: x'));
    expect((await desk.run(['exec-env', 'changed.yaml', 'echo run'])).status).toBe(51);
    expect(await lines('exec-env', '--ignore-mac', 'changed.yaml', 'echo $A')).toEqual(['canary-1']);
  });
});

describe.skipIf(process.platform === 'win32')('exec-env, its streams and its end', () => {
  test('standard input is passed on, and both outputs', async () => {
    const ran = await desk.run(['exec-env', 'a.yaml', 'cat; echo "$A" >&2'], { stdin: 'typed' });
    expect({ ...ran, stdout: `${ran.stdout}` }).toEqual({ status: 0, stdout: 'typed', stderr: 'canary-1\n' });
  });

  test('several documents: the first, with a warning', async () => {
    const ran = await desk.run(['exec-env', 'several.yaml', 'echo $A']);
    expect(ran.stdout.toString()).toBe('one\n');
    expect(ran.stderr).toContain('only the first');
  });

  test.each<[string, string[], number, RegExp]>([
    ['a status', ['a.yaml', 'exit 7'], 7, /^exit status 7\n$/],
    ['a signal', ['a.yaml', 'kill -9 $$'], 137, /^signal: killed\n$/],
    ['another', ['a.yaml', 'kill -TERM $$'], 143, /^signal: terminated\n$/],
    ['an empty command', ['a.yaml', ''], 0, /^$/],
    ['a command that is not there', ['a.yaml', 'no-such-program'], 127, /exit status 127\n$/],
    [
      'a program that is not there',
      ['a.yaml', '--', 'no-such-program', 'x'],
      127,
      /^no-such-program: command not found\n$/,
    ],
    ['no command', ['a.yaml'], 1, /missing file to decrypt/],
    ['too many words', ['a.yaml', 'env', 'x'], 1, /missing file to decrypt[\s\S]*PROGRAM/],
    ['nothing behind --', ['a.yaml', '--'], 1, /missing file to decrypt/],
    ['no such file', ['absent.yaml', 'true'], 2, /^Error reading file: absent\.yaml/],
    ['nested values', ['n.yaml', 'env'], 1, /^cannot use complex value in environment; offending key db\n/],
    ['two keys for one name', ['twice.yaml', '--', 'env', 'x'], 1, /same environment variable a_b: a_b and a\.b/],
    ['= in a key', ['equals.json', 'env'], 1, /^cannot use keys with '=' in environment/],
    ['NUL', ['nul.json', 'env'], 1, /^environment variable contains NUL/],
    [
      '--only of nothing',
      ['--only', 'NOPE', 'a.yaml', 'env'],
      1,
      /^--only names what is in no file: NOPE\n {2}in file a\.yaml\n$/,
    ],
    ['two ways at once', ['--same-process', '--background', 'a.yaml', 'env'], 8, /cannot be used with --background/],
    ['two ways at once', ['--same-process', '--redact', 'a.yaml', 'env'], 8, /cannot be used with --redact/],
    [
      'an unknown user',
      ['--user', 'no-such-user', 'a.yaml', 'env'],
      1,
      /^unknown user "no-such-user"\n {2}in file a\.yaml\n$/,
    ],
  ])('%s: %j ends with %i', async (_, words, status, message) => {
    const ran = await desk.run(['exec-env', ...words]);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr + ran.stdout).not.toContain('canary');
  });

  test('an environment that is too large is reported as such', async () => {
    desk.write('large.json', await desk.encrypt('large.json', JSON.stringify({ A: 'x'.repeat(3_000_000) })));
    const ran = await desk.run(['exec-env', 'large.json', 'true']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('larger than the system takes') });
  });

  test('--background does not wait', async () => {
    const start = performance.now();
    const ran = await desk.run(['exec-env', '--background', 'a.yaml', 'sleep 5']);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('deprecated') });
    expect(performance.now() - start).toBeLessThan(4000);
  });

  test('--redact masks both outputs, whatever the program’s end', async () => {
    const command = 'echo "x $A"; printf %s "$A" | base64; printf "%s" "$A" >&2; exit 3';
    const ran = await desk.run(['exec-env', '--redact', 'a.yaml', command]);
    expect({ ...ran, stdout: `${ran.stdout}` }).toEqual({
      status: 3,
      stdout: 'x ***\n***\n',
      stderr: '***exit status 3\n',
    });
  });
});

describe.skipIf(process.platform === 'win32')('exec-file', () => {
  const run = (...words: string[]): Promise<Ran> => desk.run(['exec-file', ...words]);

  test('every reader gets the whole text, one after the other', async () => {
    const text = 'A: canary-1\nN: null\nS: 5\n';
    const ran = await run(
      'a.yaml',
      'cat {}; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do cat {}; done',
    );
    expect(ran.stdout.toString()).toBe(text.repeat(20));
    expect((await run('a.yaml', '--', 'cat', '{}', '{}')).stdout.toString()).toBe(text.repeat(2));
  });

  test('a reader that stops early does not spoil the next one', async () => {
    desk.write('long.bin', await desk.encrypt('long.bin', 'x'.repeat(300_000)));
    const ran = await run('long.bin', 'head -c 5 {} > /dev/null; wc -c < {}; (sleep 0.2; wc -c) < {}');
    expect(ran.stdout.toString().split(/\s+/)).toEqual(['300000', '300000', '']);
  });

  test.each(['true', 'rm {}', 'rm -r "$(dirname {})"', 'cat {} > /dev/null; mv {} {}.old'])(
    '%s leaves nothing and ends',
    async (command) => {
      expect(await run('a.yaml', command)).toMatchObject({ status: 0, stderr: '' });
      expect(privateFoldersOf([process.pid])).toEqual([]);
    },
  );

  test('the folder is private, the pipe too, and both are gone afterwards', async () => {
    const ran = await run('a.yaml', 'ls -ld "$(dirname {})" {}; echo {}');
    const [folder, pipe, path = ''] = ran.stdout.toString().split('\n');
    expect(folder).toMatch(/^drwx------/);
    expect(pipe).toMatch(/^prw-------.*\/tmp-file$/);
    expect(existsSync(path)).toBe(false);
  });

  test('--no-fifo, --filename, --output-type', async () => {
    const ran = await run(
      '--no-fifo',
      '--filename',
      'x.json',
      '--output-type',
      'json',
      'a.yaml',
      'ls -l {}; cat {}; cat {}',
    );
    const [file, ...rest] = ran.stdout.toString().split('\n');
    expect(file).toMatch(/^-rw-------.*\/x\.json$/);
    expect(rest.join('\n')).toBe('{\n\t"A": "canary-1",\n\t"N": null,\n\t"S": 5\n}\n'.repeat(2));
  });

  test('any bytes', async () => {
    expect([...(await run('bytes.bin', 'cat {}')).stdout]).toEqual([0, 255, 10, 65, 65, 65, 65]);
  });

  test('every {} of every argument is replaced', async () => {
    const ran = await run('a.yaml', '--', 'sh', '-c', 'printf %s "$1"', 'sh', '[{}|{}]');
    expect(ran.stdout.toString()).toMatch(/^\[(.*)\|\1\]$/);
  });

  test.each<[string, string[], number, RegExp]>([
    ['a status', ['a.yaml', 'cat {} > /dev/null; exit 3'], 3, /^exit status 3\n$/],
    ['a signal', ['a.yaml', 'kill -9 $$'], 137, /^signal: killed\n$/],
    ['a path outside', ['--filename', '/etc/x', 'a.yaml', 'true'], 1, /not a local path/],
    ['a path outside', ['--filename', 'x/../../y', 'a.yaml', 'true'], 1, /not a local path/],
    ['a folder', ['--filename', 'x/y', 'a.yaml', 'true'], 1, /in a folder/],
    ['two files', ['a.yaml', 'n.yaml', '--', 'cat'], 1, /takes one file/],
    ['a file that would be gone', ['--background', 'a.yaml', 'cat {}'], 8, /--background cannot be used/],
    ['no such file', ['absent.yaml', 'true'], 2, /^Error reading file: absent\.yaml/],
  ])('%s: %j ends with %i', async (_, words, status, message) => {
    const ran = await run(...words);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr + ran.stdout).not.toContain('canary');
  });

  test('--redact', async () => {
    expect((await run('--redact', 'a.yaml', 'cat {}')).stdout.toString()).toBe('A: ***\nN: null\nS: 5\n');
  });
});
