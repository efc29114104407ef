/** `export`: what shells and loaders read of it is the value, whatever it is. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect } from 'vitest';
import { EXPORT_FORMS } from '../../../src/operations/programs/export-text.js';
import { Desk } from '../../support/desk.js';
import { announceSkipped, findTool } from '../../support/programs.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const desk = new Desk();
afterAll(() => desk.remove());

/** All that a shell may take for something else. */
const HARD = [
  '',
  "it's",
  "''",
  "'",
  "a'; touch pwned; '",
  '"quoted" \\ \\\\ \\n',
  '$HOME $(touch pwned) `touch pwned` !! *',
  '‘curly’ ‚low‛ “double”',
  '  blanks\tand\ttabs  ',
  'two\nlines\n',
  '\r\n\x01\x1b[31m\x7f',
  'ünïcödé 🗝',
  '# no comment = no',
  '%PATH% ^ & | < >',
  '-n',
];
const HARD_JSON = JSON.stringify(Object.fromEntries(HARD.map((value, at) => [`V${at}`, value])));

const SHELLS = [
  ['bash', 'BASH', 'printf %s "$NAME"'],
  ['zsh', 'ZSH', 'printf %s "$NAME"'],
  ['fish', 'FISH', 'printf %s "$NAME"'],
] as const;

describe.each(SHELLS)('%s', (shell, variable, show) => {
  const file = findTool(shell, `${variable}_BIN`, ['-c', 'true']);
  if (!file) announceSkipped(2, `no ${shell}`);

  test.skipIf(!file)('reads every value back', async () => {
    desk.write('hard.json', await desk.encrypt('hard.json', HARD_JSON));
    const ran = await desk.run(['export', 'hard.json', '--shell', shell]);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    desk.write('script', ran.stdout);
    for (const [at, value] of HARD.entries()) {
      const told = spawnSync(file ?? '', ['-c', `source ./script; ${show.replace('NAME', `V${at}`)}`], {
        cwd: desk.folder,
        env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: desk.folder },
      });
      expect([at, told.stdout.toString(), told.stderr.toString()]).toEqual([at, value, '']);
    }
    expect(desk.names()).not.toContain('pwned');
  });

  test.skipIf(!file)('reads bytes that are not UTF-8', async () => {
    desk.write('bytes.bin', await desk.encrypt('bytes.bin', new Uint8Array([0x66, 0xff, 0x27, 0xc3, 0x28])));
    const ran = await desk.run(['export', 'bytes.bin', '--shell', shell]);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('binary file')]);
    desk.write('bytes.env', await desk.encrypt('bytes.env', Buffer.from("V=f\xff'\xc3(\n", 'latin1')));
    const refused = await desk.run(['export', 'bytes.env', '--shell', shell]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('--raw-values')]);
    const told = await desk.run(['export', 'bytes.env', '--shell', shell, '--raw-values']);
    desk.write('script', told.stdout);
    const read = spawnSync(file ?? '', ['-c', `source ./script; ${show.replace('NAME', 'V')}`], {
      cwd: desk.folder,
      env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: desk.folder },
    });
    expect(read.stdout.toString('latin1')).toBe("f\xff'\xc3(");
  });
});

/** What it calls variables: those that it has, and those that it makes up when they are asked for. */
const ASKED_FOR_NAMES: Readonly<Record<string, string>> = {
  bash: 'compgen -v; printf "%s\\n" RANDOM SECONDS LINENO SRANDOM EPOCHSECONDS EPOCHREALTIME BASHPID HISTCMD FUNCNAME status path',
  zsh:
    'for one in parameter zle zleparameter complist datetime system mapfile langinfo termcap terminfo sched watch; do ' +
    'zmodload zsh/$one 2> /dev/null; done; print -l ${(k)parameters} USERNAME',
  fish: 'set -n; printf "%s\\n" umask status pipestatus hostname',
};
const PRINTENV = '/usr/bin/printenv';
/** What a shell would run in a text that it took for arithmetic. */
const COUNTED = 'v[$(touch pwned)]';

describe.each(Object.keys(ASKED_FOR_NAMES))('names of %s', (shell) => {
  const file = existsSync(PRINTENV) && findTool(shell, `${shell.toUpperCase()}_BIN`, ['-c', 'true']);
  if (!file) announceSkipped(1, `no ${shell}`);
  const ask = (script: string): string => {
    const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: desk.folder };
    return spawnSync(file || '', ['-c', script], { cwd: desk.folder, env }).stdout.toString();
  };

  test.skipIf(!file)('arrive with their values, or are refused', () => {
    const names = new Set(ask(ASKED_FOR_NAMES[shell] ?? '').split('\n'));
    const { text } = EXPORT_FORMS[shell as 'bash' | 'zsh' | 'fish'];
    const blocks = [...names].flatMap((name) => {
      try {
        const lines = text(
          new Map([
            [name, COUNTED],
            ['sops_ts_next', 'next'],
          ]),
        ); // prettier-ignore
        const shown = `${lines}${PRINTENV} ${name} || echo none; ${PRINTENV} sops_ts_next; echo ${name}\n`;
        return [shell === 'fish' ? shown : `( ${shown} )\n`];
      } catch {
        return [];
      }
    });
    expect(blocks.length).toBeGreaterThan(10);
    const told = ask(blocks.join('')).trimEnd().split('\n');
    for (let at = 0; at < told.length; at += 3) expect(told.slice(at, at + 3)).toEqual([COUNTED, 'next', told[at + 2]]);
    expect(told.length).toBe(3 * blocks.length);
    expect(desk.names()).not.toContain('pwned');
  });
});

test.each([
  ['bash', 'RANDOM', 'bash keeps RANDOM for itself'],
  ['zsh', 'path', 'zsh keeps path for itself'],
  ['zsh', 'LINES', 'zsh takes nothing but a number for LINES'],
  ['fish', 'version', 'fish keeps version for itself'],
])('%s does not get %s', async (shell, name, said) => {
  desk.write('own.json', await desk.encrypt('own.json', JSON.stringify({ A: 'a', [name]: 'x' })));
  const ran = await desk.run(['export', 'own.json', '--shell', shell]);
  expect([ran.status, ran.stdout.length]).toEqual([1, 0]);
  expect(ran.stderr).toContain(`${said}, and would not take the value`);
  const other = await desk.run(['export', 'own.json', '--shell', shell, '--prefix', 'P_']);
  expect([other.status, other.stdout.toString()]).toEqual([0, expect.stringContaining(`P_${name}`)]);
});

test.runIf(process.platform === 'linux')(
  'a value with which no program could be started is refused by shells',
  async () => {
    // As long as it may be, with the name, `=` and what ends it.
    const longest = 'x'.repeat(131_072 - 3);
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      expect(EXPORT_FORMS[shell].text(new Map([['A', longest]]))).toContain(longest);
      expect(() => EXPORT_FORMS[shell].text(new Map([['A', `${longest}x`]]))).toThrow(/as long as that of A/);
    }
    const start = (value: string) => spawnSync(process.execPath, ['-e', ''], { env: { A: value } }).error;
    expect([start(longest), start(`${longest}x`)]).toEqual([undefined, expect.objectContaining({ code: 'E2BIG' })]);
    expect(EXPORT_FORMS.json.text(new Map([['A', `${longest}x`]]))).toContain(longest);
  },
);

test('PowerShell gets printable ASCII alone', () => {
  const text = EXPORT_FORMS.powershell.text(new Map(HARD.map((value, at) => [`V${at}`, value])));
  for (const [at, line] of text.trimEnd().split('\n').entries()) {
    expect(line).toMatch(/^[ -~]*$/);
    const [, name, told = ''] = /^\$env:(\w+) = (.*)$/.exec(line) ?? [];
    const parts = told.match(/'(?:[^']|'')*'|\[char\]0x[0-9a-f]{4}|-join @\(|[,)]/g) ?? [];
    expect(parts.join('')).toBe(told);
    const read = parts.map((part) => {
      if (part.startsWith("'")) return part.slice(1, -1).replaceAll("''", "'");
      return part.startsWith('[') ? String.fromCharCode(Number(part.slice(6))) : '';
    });
    expect([name, read.join('')]).toEqual([`V${at}`, HARD[at]]);
  }
});

test('dotenv reads back as Node reads it, or is refused', () => {
  for (const value of HARD) {
    const text = (): string =>
      EXPORT_FORMS.dotenv.text(
        new Map([
          ['A', value],
          ['B', 'next'],
        ]),
      );
    if (value.includes('\r')) expect(text).toThrow(/value of A cannot be written as dotenv/);
    else expect({ ...parseEnv(text()) }).toEqual({ A: value, B: 'next' });
  }
  expect(() => EXPORT_FORMS.dotenv.text(new Map([['A', '\'"`\n']]))).toThrow(/no escapes/);
});

test('JSON, and names', async () => {
  desk.write('deep.yaml', await desk.encrypt('deep.yaml', 'db:\n  hosts: [a, b]\n  my-key: c\n'));
  const ran = await desk.run(['export', 'deep.yaml', '--shell', 'json', '--prefix', 'P_']);
  expect(JSON.parse(ran.stdout.toString())).toEqual({ P_db_hosts_0: 'a', P_db_hosts_1: 'b', 'P_db_my-key': 'c' });
  for (const shell of ['bash', 'zsh', 'fish', 'powershell', 'dotenv', 'github']) {
    const refused = await desk.run(['export', 'deep.yaml', '--shell', shell]);
    expect([refused.status, refused.stdout.length]).toEqual([1, 0]);
    expect(refused.stderr).toContain('"db_my-key" cannot be the name of a variable');
  }
  const chosen = await desk.run(['export', 'deep.yaml', '--shell', 'bash', '--only', 'db_hosts_1']);
  expect(chosen.stdout.toString()).toBe("export db_hosts_1='b'\n");
});

test.each([
  [['a.env'], 'export needs --shell: one of bash, zsh, fish, powershell, dotenv, json, github'],
  [['a.env', '--shell', 'csh'], '--shell does not know "csh"'],
])('export %j is refused', async (words, said) => {
  const ran = await desk.run(['export', ...words]);
  expect([ran.status, ran.stdout.length]).toEqual([1, 0]);
  expect(ran.stderr).toContain(said);
});

describe('GitHub', () => {
  test('every line of a value is masked before anything else', async () => {
    desk.write('g.json', await desk.encrypt('g.json', JSON.stringify({ A: 'first\r\nsecond 100%\n\n', B: 'x' })));
    const ran = await desk.run(['export', 'g.json', '--shell', 'github']);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout.toString()).toMatch(
      /^::add-mask::first\n::add-mask::second 100%25\n::add-mask::x\nA<<(sops_ts_[0-9a-f-]{36})\nfirst\r\nsecond 100%\n\n\n\1\nB<<(?!\1)(sops_ts_[0-9a-f-]{36})\nx\n\2\n$/,
    );
  });

  test('the file of GITHUB_ENV is appended to, and only masks are printed', async () => {
    desk.write('g.env', await desk.encrypt('g.env', 'A=first\nB=short\n'));
    desk.write('github', 'OLD=1');
    const env = { GITHUB_ENV: desk.path('github') };
    const ran = await desk.run(['export', 'g.env', '--shell', 'github', '--only', 'B', '--raw-values'], { env });
    expect([ran.status, ran.stdout.toString()]).toEqual([0, '::add-mask::short\n']);
    expect(desk.text('github')).toMatch(/^OLD=1\nB<<(\S+)\nshort\n\1\n$/);
    await desk.run(['export', 'g.env', '--shell', 'github', '--only', 'B', '--raw-values'], { env });
    expect(desk.text('github')).toMatch(/^OLD=1\nB<<(\S+)\nshort\n\1\nB<<(\S+)\nshort\n\2\n$/);
    const failed = await desk.run(['export', 'g.env', '--shell', 'github', '--only', 'B', '--raw-values'], {
      env: { GITHUB_ENV: desk.path('absent/file') },
    });
    expect([failed.status, failed.stdout.toString()]).toEqual([3, '::add-mask::short\n']);
    expect(failed.stderr).toContain('GITHUB_ENV');
  });

  test.each(['GITHUB_TOKEN', 'RUNNER_OS', 'NODE_OPTIONS'])('%s is refused', async (name) => {
    desk.write('r.json', await desk.encrypt('r.json', JSON.stringify({ [name]: 'x' })));
    const ran = await desk.run(['export', 'r.json', '--shell', 'github']);
    expect([ran.status, ran.stdout.length]).toEqual([1, 0]);
    expect(ran.stderr).toContain(`GitHub does not let a step set ${name}`);
  });
});

describe('exec-env --no-override', () => {
  test('leaves what is set, be it empty', async () => {
    desk.write('o.json', await desk.encrypt('o.json', JSON.stringify({ A: 'file', B: 'file', C: 'file' })));
    const words = ['--', process.execPath, '-p', '[process.env.A, process.env.B, process.env.C].join()'];
    const env = { A: 'own', B: '' };
    const ran = await desk.run(['exec-env', '--no-override', 'o.json', ...words], { env });
    expect([ran.stderr, ran.stdout.toString()]).toEqual(['', 'own,,file\n']);
    expect((await desk.run(['exec-env', 'o.json', ...words], { env })).stdout.toString()).toBe('file,file,file\n');
    const pristine = await desk.run(['exec-env', '--no-override', '--pristine', 'o.json', ...words], { env });
    expect(pristine.stdout.toString()).toBe('file,file,file\n');
  });
});
