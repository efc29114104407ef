/** What is done otherwise on Windows and macOS, with the system told: programs, shells, temporary folders, pipes, terminals, files that are held. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as tls from 'node:tls';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { askOnTerminal } from '../../../src/cli/terminal/terminal.js';
import { shellCall, startedCall } from '../../../src/exec/batch-file.js';
import { findProgram } from '../../../src/exec/find-program.js';
import { openInBrowser } from '../../../src/exec/open-browser.js';
import { removeLeftovers, temporaryFolders, temporaryRoot } from '../../../src/exec/private-folder.js';
import { locateProgram } from '../../../src/operations/programs/program.js';
import { readSystemRoots } from '../../../src/services/http/system-roots.js';
import { isInexact, nativePath } from '../../../src/util/files/native-path.js';
import { renameWithRetries } from '../../../src/util/files/rename-with-retries.js';
import { bootTag, machineTag } from '../../../src/util/locks/processes.js';
import { hostOf } from '../keys/host.js';
import { ProgramFolder } from '../keys/programs.js';

const programs = new ProgramFolder();
const scratch = mkdtempSync(join(tmpdir(), 'other-systems-'));
afterAll(() => {
  programs.remove();
  rmSync(scratch, { recursive: true });
});

/** Since Node 22.15 the system is asked itself. */
const asksSystem = 'getCACertificates' in tls;

test.skipIf(asksSystem)('certificates come from no file on Windows, where anybody may make its folder', async () => {
  writeFileSync(join(scratch, 'roots.pem'), 'PEM');
  const places = [join(scratch, 'none.pem'), join(scratch, 'roots.pem')];
  expect(await readSystemRoots('win32', places)).toBeUndefined();
  expect(await readSystemRoots('linux', places)).toEqual(['PEM']);
  rmSync(join(scratch, 'roots.pem'));
});

/** Who knows paths that Linux has; each does without where they are not. */
const KNOWING = [
  'cli/start/raw-words.ts',
  'cli/start/start-sweep.ts',
  'cli/terminal/confirm.ts',
  'cli/terminal/streams.ts',
  'cli/terminal/terminal.ts',
  'exec/account.ts',
  'exec/fifo.ts',
  'exec/memory-guards.ts',
  'exec/private-folder.ts',
  'exec/process-tree.ts',
  'keys/gpg-agent.ts',
  'keyservice/agent/place.ts',
  'services/http/system-roots.ts',
  'util/files/attributes.ts',
  'util/files/file-writers.ts',
  'util/locks/processes.ts',
];

test('no other module names a folder of the system, asks the process which system it is, or makes paths absolute by itself', () => {
  const source = new URL('../../../src/', import.meta.url).pathname;
  const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(source, name), 'utf8')] as const);
  expect(
    texts
      .filter(([, text]) => /['"]\/(?:dev|etc|proc|tmp)\b/.test(text))
      .map(([name]) => name)
      .toSorted(),
  ).toEqual(KNOWING);
  const asking = texts.filter(([name, text]) => /\bprocess\.platform\b/.test(text) && !name.startsWith('cli/'));
  expect(asking.map(([name]) => name)).toEqual([]);
  // There each file would have two absolute paths, of which maps and comparisons know one.
  const resolving = texts.filter(([, text]) => /^import \{[^}]*\bresolve\b[^}]*\} from 'node:path'/m.test(text));
  expect(resolving.map(([name]) => name)).toEqual([]);
});

describe('programs on Windows', () => {
  for (const name of ['npm.cmd', 'code.bat', 'tool.exe', 'page.html']) programs.addScript(name, '');
  const find = (name: string, more: Record<string, string> = {}) =>
    findProgram(name, hostOf({ env: { Path: programs.path, ...more }, platform: 'win32' }));

  test('are found by PATHEXT, as far as they can be started', async () => {
    expect(await find('npm')).toBe(join(programs.path, 'npm.cmd'));
    expect(await find('tool')).toBe(join(programs.path, 'tool.exe'));
    expect(await find('code', { PATHEXT: '.EXE;.BAT' })).toBe(join(programs.path, 'code.bat'));
    expect(await find('npm', { PATHEXT: '.EXE' })).toBeNull();
    expect(await find('page', { PATHEXT: '.HTML' })).toBeNull();
  });

  test('are found by the PATH that was set, where a copy of the variables has the old one as well', async () => {
    const env = { Path: programs.path, PATH: '' };
    expect(await findProgram('tool', hostOf({ env, platform: 'win32' }))).toBeNull();
    const found = await findProgram('tool', hostOf({ env: { Path: '', PATH: programs.path }, platform: 'win32' }));
    expect(found).toBe(join(programs.path, 'tool.exe'));
  });

  const env = { ComSpec: 'C:\\Windows\\cmd.exe' };
  const batch = (...args: string[]) => startedCall({ file: 'C:\\b in\\npm.cmd', args, env }, 'win32');

  test('that are batch files are run by the shell, with words that it does not read', () => {
    const { file, args, windowsVerbatimArguments } = batch('a&b', '%X%', 'c "d"', 'e\\');
    expect([file, windowsVerbatimArguments]).toEqual(['C:\\Windows\\cmd.exe', true]);
    expect(args.slice(0, 3)).toEqual(['/d', '/s', '/c']);
    expect(args[3]).toBe(
      '"C:\\b^ in\\npm.cmd ^^^"a^^^&b^^^" ^^^"^^^%X^^^%^^^" ^^^"c^^^ \\^^^"d\\^^^"^^^" ^^^"e\\\\^^^""',
    );
  });

  test.each(['a\nb', 'a\rb'])('take no word with a line break: %j', (word) => {
    expect(() => batch(word)).toThrow(/batch file, which takes no word with a line break/);
  });

  test('that are none are started as they are, and a file of that name is elsewhere no batch file', () => {
    const call = { file: 'C:\\tool.exe', args: ['a&b'], env };
    expect(startedCall(call, 'win32')).toBe(call);
    const script = { file: '/bin/x.cmd', args: ['a&b'], env };
    expect(startedCall(script, 'linux')).toBe(script);
  });

  test('a text for the shell is handed to it as it stands', async () => {
    const text = 'echo a&b "c d" %X%';
    expect(shellCall(text, env)).toEqual({ file: env.ComSpec, args: ['/d', '/s', '/c', `"${text}"`] });
    const found = await locateProgram({ kind: 'shell', command: text }, hostOf({ env, platform: 'win32' }));
    expect(found).toMatchObject({
      file: env.ComSpec,
      args: [env.ComSpec, '/d', '/s', '/c', `"${text}"`],
      isShell: true,
    });
    const other = await locateProgram({ kind: 'shell', command: text }, hostOf({ env, platform: 'darwin' }));
    expect(other).toMatchObject({ file: '/bin/sh', args: ['/bin/sh', '-c', text] });
  });
});

describe('the browser', () => {
  const page = new URL('https://vault.test/login?a=1&b=2');
  for (const name of ['one', 'two', 'three.cmd', 'xdg-open', 'open', 'rundll32.exe'])
    programs.addShellScript(
      name,
      `printf '%s\\n' "$0" "$@" > '${join(programs.path, 'opened')}.new'; mv '${join(programs.path, 'opened')}.new' '${join(programs.path, 'opened')}'\n`,
    );
  const shell = programs.addShellScript('cmd', `echo "shell $*" > '${join(programs.path, 'opened')}'\n`);

  test.each<[NodeJS.Platform, string | undefined, string]>([
    ['win32', 'rundll32;one', 'rundll32.exe'],
    ['win32', 'gone;;rundll32', 'rundll32.exe'],
    ['win32', undefined, 'rundll32.exe\nurl.dll,FileProtocolHandler'],
    ['win32', ';', 'rundll32.exe\nurl.dll,FileProtocolHandler'],
    ['linux', 'one:two', 'one'],
    ['linux', 'gone:two', 'two'],
    ['linux', '', 'xdg-open'],
    ['darwin', undefined, 'open'],
    ['freebsd', undefined, 'xdg-open'],
  ])('on %s with BROWSER %j is %j', async (platform, browser, opened) => {
    rmSync(join(programs.path, 'opened'), { force: true });
    const env = { PATH: programs.path, ...(browser === undefined ? {} : { BROWSER: browser }) };
    expect(
      await openInBrowser(page, hostOf({ platform, env: { ...env, PATH: `${programs.path}:/usr/bin:/bin` } })),
    ).toBe(true);
    await vi.waitFor(() =>
      expect(readFileSync(join(programs.path, 'opened'), 'utf8')).toBe(
        `${join(programs.path, opened)}\n${page.href}\n`,
      ),
    );
  });

  test('may be a batch file on Windows, which its shell runs with the page as text', async () => {
    rmSync(join(programs.path, 'opened'), { force: true });
    const env = { PATH: programs.path, BROWSER: 'three', ComSpec: shell };
    expect(await openInBrowser(page, hostOf({ platform: 'win32', env }))).toBe(true);
    await vi.waitFor(() =>
      expect(readFileSync(join(programs.path, 'opened'), 'utf8')).toMatch(
        /^shell \/d \/s \/c ".*three\.cmd .*a=1\^+&b=2/,
      ),
    );
  });

  test('is not there where none of those named is', async () => {
    const env = { PATH: programs.path, BROWSER: 'gone:nowhere' };
    expect(await openInBrowser(page, hostOf({ platform: 'linux', env }))).toBe(false);
    expect(await openInBrowser(new URL('file:///etc/passwd'), hostOf({ env: { ...env, BROWSER: 'one' } }))).toBe(false);
  });
});

test('a path with bytes goes to the system as bytes, but on Windows, where names are texts of any units', () => {
  const [path, half] = ['/a', '/a\udc80'];
  expect([nativePath(path, 'win32'), nativePath(path, 'linux')]).toEqual([path, path]);
  expect(nativePath(half, 'win32')).toBe(half);
  for (const platform of ['linux', 'darwin'] as const) {
    expect(nativePath(half, platform)).toEqual(Buffer.from('/a\x80', 'latin1'));
    expect(isInexact('\ufffd', platform)).toBe(true);
  }
  expect([isInexact('\ufffd', 'win32'), isInexact('a', 'linux')]).toEqual([false, false]);
});

describe('temporary folders', () => {
  test.each<[NodeJS.Platform, Record<string, string>, string[]]>([
    ['win32', { TEMP: 'C:\\T', TMPDIR: '/x' }, ['C:\\T']],
    ['win32', { TMP: 'C:\\U' }, ['C:\\U']],
    ['win32', {}, []],
    ['darwin', { TMPDIR: '/var/folders/x' }, ['/var/folders/x']],
    ['darwin', {}, []],
    ['linux', {}, ['/tmp']],
    ['linux', { TMPDIR: '/my' }, ['/my']],
  ])('of %s with %j: %j', (platform, env, folders) => {
    expect(temporaryFolders({ platform, env })).toEqual(folders);
  });

  test.each<[NodeJS.Platform, RegExp]>([
    ['win32', /TEMP and TMP are not set/],
    ['darwin', /TMPDIR is not set/],
  ])("of %s are never everybody's", (platform, said) => {
    expect(() => temporaryRoot({ platform, env: {} })).toThrow(said);
  });

  test('whose process is gone are removed after a day, where nothing tells when a process started', () => {
    const [gone, here] = [0x7ffffff0, process.pid];
    const folder = (pid: number, mark: string, days: number): string => {
      const path = join(scratch, `.sops-ts-${machineTag()}-${bootTag()}-${pid}-0-${mark}`);
      mkdirSync(path);
      utimesSync(path, new Date(), new Date(Date.now() - days * 86_400_000));
      return path;
    };
    const old = folder(gone, 'aaaaaa', 2);
    folder(gone, 'bbbbbb', 0);
    folder(here, 'cccccc', 2);
    const found = removeLeftovers(
      { pid: here, userId: undefined },
      hostOf({ platform: 'darwin', env: { TMPDIR: scratch } }),
    );
    expect(found.filter(({ path }) => path.startsWith(scratch) && path.includes('removed') === false)).toHaveLength(3);
    expect(found.filter(({ state }) => state === 'removed').map(({ path }) => path)).toContain(old);
    expect(
      readdirSync(scratch)
        .map((name) => name.slice(-6))
        .toSorted(),
    ).toEqual(['bbbbbb', 'cccccc']);
  });
});

describe('a file that somebody holds', () => {
  const held = (times: number, code = 'EPERM') => {
    let tries = 0;
    const pauses: number[] = [];
    const rename = vi.fn(() => {
      if (++tries <= times) throw Object.assign(new Error(code), { code, errno: -1, syscall: 'rename' });
    });
    return { rename, pauses, pause: (milliseconds: number) => void pauses.push(milliseconds) };
  };

  test('is replaced once it is let go of, on Windows', () => {
    const { rename, pause, pauses } = held(3);
    renameWithRetries('a', 'b', { platform: 'win32', rename, pause });
    expect(rename).toHaveBeenCalledTimes(4);
    expect(pauses).toHaveLength(3);
  });

  test('is waited for no longer than two seconds', () => {
    const { rename, pause, pauses } = held(1000);
    expect(() => renameWithRetries('a', 'b', { platform: 'win32', rename, pause })).toThrow('EPERM');
    expect(pauses.reduce((sum, one) => sum + one, 0)).toBe(2000);
  });

  test.each([
    ['linux', 'EPERM'],
    ['darwin', 'EBUSY'],
    ['win32', 'ENOENT'],
  ] as const)('elsewhere, or for other reasons, is not: %s, %s', (platform, code) => {
    const { rename, pause } = held(1, code);
    expect(() => renameWithRetries('a', 'b', { platform, rename, pause })).toThrow(code);
    expect(rename).toHaveBeenCalledTimes(1);
  });
});

test('a secret cannot be entered on Windows where input is redirected, and it says what else can be done', async () => {
  const streams = { stdin: Readable.from([]), stdout: process.stdout, stderr: process.stderr, env: {}, cwd: '/' };
  await expect(askOnTerminal('?', { ...streams, platform: 'win32' })).rejects.toMatchObject({
    hint: expect.stringContaining('SOPS_AGE_KEY_FILE'),
  });
});
