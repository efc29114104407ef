import { describe, expect, test } from 'vitest';
import { flag } from '../../../src/cli/words/flag.js';
import { PROGRAM } from '../../../src/cli/words/program-flags.js';
import { SopsError } from '../../../src/errors.js';
import { failingStream, runMain } from './run-main.js';

const words = (line: string): string[] => (line === '' ? [] : line.split(' '));

describe('which command is run', () => {
  test.each([
    ['decrypt f', 'decrypt', ['f'], false],
    ['decrypt', 'decrypt', [], false],
    ['-d f', 'decrypt', ['f'], true],
    ['-e f', 'encrypt', ['f'], true],
    ['--decrypt -i f', 'decrypt', ['f'], true],
    ['-d decrypt f', 'decrypt', ['f'], false],
    ['-- decrypt f', 'decrypt', ['f'], false],
    ['-d ./decrypt', 'decrypt', ['./decrypt'], true],
    ['decrypt help', 'decrypt', ['help'], false],
    ['decrypt -- -x', 'decrypt', ['-x'], false],
    ['decrypt --help=false f', 'decrypt', ['f'], false],
  ])('%s', async (line, command, operands, oldForm) => {
    const { status, err, calls } = await runMain(words(line));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(calls).toMatchObject([{ command, operands, oldForm }]);
  });

  test('its exit status is passed on', async () => {
    expect((await runMain(['decrypt', 'f'], { command: async () => 17 })).status).toBe(17);
  });

  test('of several modes the last in SOPS’s order, with a warning', async () => {
    const { calls, err } = await runMain(words('-d -e f'));
    expect(calls).toMatchObject([{ command: 'decrypt' }]);
    expect(err).toContain('More than one command (--encrypt, --decrypt)');
  });
});

describe('what is refused before anything is done', () => {
  test.each([
    ['', 100, 'Error: no file specified'],
    ['-d', 100, 'Error: no file specified'],
    ['-d -i --output x', 100, 'Error: no file specified'],
    ['f.yaml g.yaml', 1, '"f.yaml" is not a command of sops-ts'],
    ['f.yaml -d -i', 1, 'Write: sops-ts -d -i f.yaml'],
    ['nope f', 1, '"nope" is not a command of sops-ts\n  To edit a file, name that file alone'],
    ['decript f', 1, 'Did you mean decrypt? To edit a file'],
    ['updatekey f -y', 1, 'Did you mean updatekeys?'],
    ['exec_env f -- env', 1, 'Did you mean exec-env?'],
    ['help decript', 3, 'Did you mean decrypt? See: sops-ts help'],
    ['completion tcsh', 3, 'completion has: bash, zsh, fish, powershell.'],
    ['groups ad', 3, 'Did you mean add? groups has: add, delete.'],
    ['emit push-secret f --extract', 1, 'x'],
    ['updatekeys f --chek', 1, 'Did you mean --check? See: sops-ts help updatekeys'],
    ['exec-env f --pristin env', 1, 'Did you mean --pristine?'],
    ['filestatus f --checks', 1, 'Did you mean --check?'],
    ['decrypt --pristine f', 1, '--pristine is a flag of exec-env.'],
    ['-q f', 1, 'flag provided but not defined: -q'],
    ['groups nope', 3, "No help topic for 'nope'"],
    ['groups --nope', 1, 'flag provided but not defined: -nope'],
    ['--nope --version', 1, 'flag provided but not defined: -nope'],
    ['decrypt --nope --help', 1, 'flag provided but not defined: -nope'],
    ['decrypt --output-typ x', 1, 'Did you mean --output-type? See: sops-ts help decrypt'],
    ['decrypt --input-type', 1, 'flag needs an argument: -input-type'],
    ['encrypt -a x --age y f', 1, 'Cannot use two forms of the same flag: a age'],
    ['help nope', 3, "No help topic for 'nope'"],
    ['help --nope', 1, 'flag provided but not defined: -nope'],
  ])('%s', async (line, status, message) => {
    const result = await runMain(words(line));
    expect(result).toMatchObject({ status, out: '', calls: [] });
    expect(result.err).toContain(message);
    expect(result.err.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
  });
});

describe('help and version', () => {
  test.each(['--version', '-v', '-version', '--version decrypt f', '-d -i --version f'])('%s', async (line) => {
    const { status, out, err, calls } = await runMain(words(line));
    expect({ status, err, calls }).toEqual({ status: 0, err: '', calls: [] });
    expect(out).toMatch(/^sops 3\.13\.2 \(sops-ts \d+\.\d+\.\d+\S*\)\n$/);
  });

  test.each([
    ['--help', 'COMMAND'],
    ['-h decrypt', 'COMMAND'],
    ['--version --help', 'COMMAND'],
    ['help', 'COMMAND'],
    ['h', 'COMMAND'],
    ['help -h', 'COMMAND'],
    ['help decrypt', 'decrypt'],
    ['help decrypt x', 'decrypt'],
    ['decrypt f --help', 'decrypt'],
    ['encrypt -h', 'encrypt'],
    ['groups', 'groups COMMAND'],
    ['groups --help', 'groups COMMAND'],
    ['groups help', 'groups COMMAND'],
    ['groups h', 'groups COMMAND'],
    ['groups help add', 'groups add'],
    ['help groups', 'groups COMMAND'],
    ['help groups add', 'groups add'],
    ['completion', 'completion COMMAND'],
  ])('%s', async (line, subject) => {
    const { status, out, err, calls } = await runMain(words(line));
    expect({ status, err, calls }).toEqual({ status: 0, err: '', calls: [] });
    expect(out).toContain(`Usage: sops-ts ${subject} `);
  });
});

describe('unknown topics, in the words that scripts match', () => {
  test.each(['help nope', 'groups nope', 'groups help nope', 'completion nope', 'help -- nope'])('%s', async (line) => {
    const { status, out, err } = await runMain(words(line));
    expect({ status, out }).toEqual({ status: 3, out: '' });
    expect(err).toContain("No help topic for 'nope'\n");
  });
});

describe('words without effect (docs/command-line.md#flags-after-the-file)', () => {
  test('a second file is named to who calls the program as sops', async () => {
    const env = { SOPS_TS_AS: 'sops' };
    const { status, err, calls } = await runMain(words('decrypt e.yaml f.json'), { env });
    expect({ status, calls: calls.length }).toEqual({ status: 0, calls: 1 });
    expect(err).toBe('warning: More than one positional argument provided: only e.yaml is used, not f.json.\n');
  });

  test.each([
    ['decrypt --ignore-mac f.json --output-type yaml', 'sops-ts decrypt --ignore-mac --output-type yaml f.json'],
    ['--verbose decrypt --ignore-mac f --extract ["a"]', `sops-ts --verbose decrypt --ignore-mac --extract '["a"]' f`],
    ['-d f -i', 'sops-ts -d -i f'],
    ['-d f --output-type=yaml', 'sops-ts -d --output-type=yaml f'],
    ['encrypt p.yaml -- --age R1', 'sops-ts encrypt --age R1 p.yaml'],
    ['decrypt f --nope', 'sops-ts decrypt f'],
  ])('%s: goes on, and shows the line that was meant', async (line, meant) => {
    const { status, err, calls } = await runMain(words(line));
    expect({ status, calls: calls.length }).toEqual({ status: 0, calls: 1 });
    expect(err).toContain('More than one positional argument provided');
    expect(err).toContain('which looks like a flag');
    expect(err).toContain(`Write: ${meant}\n`);
  });

  test.each([
    ['decrypt -i f.json --output-type yaml', 'Write: sops-ts decrypt -i --output-type yaml f.json'],
    ['encrypt -i p.yaml --encrypted-regex ^b$', "Write: sops-ts encrypt -i --encrypted-regex '^b$' p.yaml"],
    ['-e -i p.yaml --age x', 'Write: sops-ts -e -i --age x p.yaml'],
    ['decrypt -i f --nope', 'Write: sops-ts decrypt -i f'],
  ])('%s: would write in place, and refuses', async (line, meant) => {
    const { status, err, calls } = await runMain(words(line));
    expect({ status, calls }).toEqual({ status: 8, calls: [] });
    expect(err).toContain('refusing to write in place');
    expect(err).toContain(meant);
  });

  test.each([
    ['-d --age x f', '--age has no effect on decrypt.'],
    ['--extract x encrypt p', '--extract has no effect on encrypt.'],
    ['-d encrypt p', '--decrypt has no effect on encrypt.'],
  ])('%s', async (line, warning) => {
    const { status, err, calls } = await runMain(words(line));
    expect({ status, calls: calls.length }).toEqual({ status: 0, calls: 1 });
    expect(err).toBe(`warning: ${warning}\n`);
  });
});

describe('where the value of a flag comes from', () => {
  const recipient = async (line: string, env: Record<string, string>): Promise<string | undefined> =>
    (await runMain(words(line), { env })).calls[0]?.values.text(flag.text('age', '').name);

  test('the environment, then before the command, then behind it', async () => {
    const env = { SOPS_AGE_RECIPIENTS: 'from-env' };
    expect(await recipient('encrypt f', env)).toBe('from-env');
    expect(await recipient('-e f', env)).toBe('from-env');
    expect(await recipient('--age before encrypt f', env)).toBe('before');
    expect(await recipient('--age before encrypt --age behind f', env)).toBe('behind');
  });

  test('an empty variable and an empty flag count as absent', async () => {
    expect(await recipient('encrypt f', { SOPS_AGE_RECIPIENTS: '' })).toBeUndefined();
    expect(await recipient('encrypt --age= f', { SOPS_AGE_RECIPIENTS: 'from-env' })).toBeUndefined();
  });

  test('a yes/no variable with another word stops everything, even --version', async () => {
    const { status, err } = await runMain(['--version'], { env: { SOPS_DISABLE_VERSION_CHECK: 'foo' } });
    expect(status).toBe(1);
    expect(err).toContain('could not parse foo as bool value for flag disable-version-check');
  });

  test('an empty yes/no variable is no', async () => {
    expect((await runMain(['--version'], { env: { SOPS_DISABLE_VERSION_CHECK: '' } })).status).toBe(0);
  });

  test.each([
    '--config c --indent 2 --verbose decrypt f',
    'decrypt --config c --indent 2 --verbose f',
    '--config c --indent 2 --verbose -d f',
  ])('%s', async (line) => {
    const values = (await runMain(words(line))).calls[0]?.values;
    const { config, indent, verbose } = PROGRAM;
    expect([values?.text(config.name), values?.integer(indent.name), values?.isOn(verbose.name)]).toEqual([
      'c',
      2,
      true,
    ]);
  });
});

describe('how it ends', () => {
  const failing = (error: unknown) => async (): Promise<number> => {
    throw error;
  };

  test('an error is told on standard error, with its exit status', async () => {
    const error = new SopsError('mac-mismatch', 'MAC mismatch', { file: 'f.yaml' });
    const { status, out, err } = await runMain(['decrypt', 'f'], { command: failing(error) });
    expect({ status, out, err }).toEqual({ status: 51, out: '', err: 'MAC mismatch\n  in file f.yaml\n' });
  });

  test('a defect is told without the message, which may quote data', async () => {
    const { status, err } = await runMain(['decrypt', 'f'], { command: failing(new TypeError('hunter2 is bad')) });
    expect(status).toBe(70);
    expect(err).toContain('internal error: TypeError');
    expect(err).not.toContain('hunter2');
    expect(err).not.toMatch(/^\s+at /m);
  });

  test('--verbose tells where a defect is', async () => {
    const { err } = await runMain(['decrypt', '--verbose', 'f'], { command: failing(new TypeError('hunter2')) });
    expect(err).toMatch(/^\s+at .*main\.test/m);
    expect(err).not.toContain('hunter2');
  });

  test('a full disk behind standard output is a failed write', async () => {
    const stdout = failingStream('ENOSPC', 'no space left on device');
    const { status, err } = await runMain(['--version'], { stdout });
    expect(status).toBe(1);
    expect(err).toBe('write /dev/stdout: no space left on device\n');
  });

  test('a reader that went away is not an error to talk about', async () => {
    const { status, err } = await runMain(['--version'], { stdout: failingStream('EPIPE', 'broken pipe') });
    expect({ status, err }).toEqual({ status: 141, err: '' });
  });

  test('warnings go to standard error, on one line, without control characters', async () => {
    const { out, err } = await runMain(['decrypt', 'f'], {
      command: async ({ host }) => {
        host.warn('a\u001b[31m name\nof two lines');
        return 0;
      },
    });
    expect({ out, err }).toEqual({ out: '', err: 'warning: a\\x1b[31m name\\x0aof two lines\n' });
  });
});
