/** The completion scripts in the real shells, and SOPS's own scripts with this program. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool, SOPS } from '../support/programs.js';

const BASH = findTool('bash', 'BASH_BIN', ['--version']);
const ZSH = findTool('zsh', 'ZSH_BIN', ['--version']);
const FISH = findTool('fish', 'FISH_BIN', ['--version']);
const POWERSHELL = findTool('pwsh', 'PWSH_BIN', ['--version']);
const NAMES = ['sops-ts', 'sops'];

const CASES: readonly (readonly [line: string, expected: readonly string[]])[] = [
  ['dec', ['decrypt']],
  ['groups ', ['add', 'delete']],
  ['decrypt --input-type ', ['yaml', 'json', 'dotenv', 'ini', 'toml', 'binary']],
  ['decrypt --in-', ['--in-place']],
  ['decrypt pl', ['plain.yaml']],
  ['decrypt --output pl', ['plain.yaml']],
  ['encrypt --age ', []],
  ['exec-env plain.yaml -- pl', ['plain.yaml']],
  ['get sealed.yaml db.', ['db.password', 'db.user']],
  ['revoke al', ['alice']],
];

let program: Program;
let folder: string;

beforeAll(async () => {
  program = new Program();
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-complete-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'work'));
  chmodSync(program.file, 0o755);
  for (const name of NAMES) symlinkSync(program.file, join(folder, 'bin', name));
  for (const name of ['plain.yaml', 'other.json', 'my file.yaml']) writeFileSync(join(folder, 'work', name), '');
  const desk = new Desk();
  writeFileSync(join(folder, 'work', 'sealed.yaml'), await desk.encrypt('x.yaml', 'db: {user: a, password: b}\n'));
  writeFileSync(
    join(folder, 'work', '.sops.yaml'),
    `keys: [&alice ${desk.recipient}]\ncreation_rules: [{age: *alice}]\n`,
  );
  desk.remove();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function inShell(file: string, args: readonly string[]): string {
  const env = {
    HOME: folder,
    PATH: [join(folder, 'bin'), process.env.PATH ?? ''].join(delimiter),
    TERM: 'dumb',
  };
  const ran = spawnSync(file, args, { cwd: join(folder, 'work'), env, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return ran.stdout;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Splits a line as readline does, `=` and `:` being words. */
function bashLine(line: string): string {
  const words: string[] = line.match(/[=:]+|[^\s=:]+/g) ?? [];
  if (line.endsWith(' ')) words.push('');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  return `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}`;
}

describe.skipIf(!BASH)('bash', () => {
  const complete = (name: string, line: string, script = `source <(${name} completion bash)`): string[] => {
    const ask = `fn=$(complete -p ${name} | sed 's/.*-F \\([^ ]*\\).*/\\1/')`;
    const print = '[ "${#COMPREPLY[@]}" = 0 ] || printf \'%s\\n\' "${COMPREPLY[@]}"';
    return linesOf(inShell(BASH ?? '', ['-c', `${script}; ${ask}; ${bashLine(`${name} ${line}`)}; $fn; ${print}`]));
  };

  test.each(NAMES.flatMap((name) => CASES.map(([line, expected]) => ({ name, line, expected }))))(
    '$name $line',
    ({ name, line, expected }) => {
      expect(complete(name, line).sort()).toEqual([...expected].sort());
    },
  );

  test('what readline splits at = is put together again', () => {
    expect(complete('sops-ts', 'decrypt --output-type=y')).toEqual(['yaml']);
    expect(complete('sops-ts', 'decrypt --output=pl')).toEqual(['plain.yaml']);
    expect(complete('sops-ts', 'decrypt --output-type=')).toHaveLength(6);
    expect(complete('sops-ts', 'decrypt --keyservice tcp://h:1 --in-')).toEqual(['--in-place']);
  });

  test('names of files with blanks stay whole', () => {
    expect(complete('sops-ts', 'decrypt my')).toEqual(['my file.yaml']);
  });

  test.skipIf(!SOPS)("SOPS's own script asks this program", () => {
    const script = spawnSync(SOPS ?? '', ['completion', 'bash'], { encoding: 'utf8' }).stdout;
    writeFileSync(join(folder, 'work', '.sops.bash'), script);
    const own = (line: string): string[] => complete('sops', line, 'source ./.sops.bash');
    expect(own('dec')).toEqual(['decrypt']);
    expect(own('groups ')).toEqual(['add', 'delete']);
    expect(own('decrypt --in')).toEqual(['--in-place', '--input-type', '--indent']);
  });
});

describe.skipIf(!ZSH)('zsh', () => {
  /** Outside a terminal zsh completes nothing, so its own functions are stood in for. */
  const STANDINS = [
    'compdef() { : }',
    '_describe() { local list=$argv[-1]; print -l -- "${(@)${(@P)list}%%:*}" }',
    'compset() { PREFIX=${PREFIX#*=} }',
    '_files() { print -l -- $PREFIX*(N) }',
  ];
  const complete = (name: string, line: string): string[] => {
    const words = `${name} ${line}`.split(' ');
    const setting = `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'`;
    const fn = `_${name.replace('-', '_')}`;
    const steps = [...STANDINS, `source <(${name} completion zsh)`, setting, fn];
    return linesOf(inShell(ZSH ?? '', ['-f', '-c', steps.join('\n')]));
  };

  test.each(NAMES.flatMap((name) => CASES.map(([line, expected]) => ({ name, line, expected }))))(
    '$name $line',
    ({ name, line, expected }) => {
      expect(complete(name, line).sort()).toEqual([...expected].sort());
    },
  );

  test('values behind =', () => {
    expect(complete('sops-ts', 'decrypt --output-type=y')).toEqual(['--output-type=yaml']);
    expect(complete('sops-ts', 'decrypt --output=pl')).toEqual(['plain.yaml']);
  });
});

describe.skipIf(!FISH)('fish', () => {
  const complete = (name: string, line: string): string[] => {
    const steps = `${name} completion fish | source; complete -C '${name} ${line}'`;
    return linesOf(inShell(FISH ?? '', ['--no-config', '-c', steps])).map((each) => each.split('\t')[0] ?? '');
  };

  test.each(NAMES.flatMap((name) => CASES.map(([line, expected]) => ({ name, line, expected }))))(
    '$name $line',
    ({ name, line, expected }) => {
      expect(complete(name, line).sort()).toEqual([...expected].sort());
    },
  );

  test('values behind =', () => {
    expect(complete('sops-ts', 'decrypt --output-type=y')).toEqual(['--output-type=yaml']);
    expect(complete('sops-ts', 'decrypt --output=pl')).toEqual(['--output=plain.yaml']);
  });
});

describe.skipIf(!POWERSHELL)('PowerShell', () => {
  test.each(CASES.filter(([, expected]) => expected.length > 0))('%s', (line, expected) => {
    const steps = `sops-ts completion powershell | Out-String | Invoke-Expression;
      $line = 'sops-ts ${line}';
      (TabExpansion2 $line $line.Length).CompletionMatches | ForEach-Object { $_.CompletionText -replace '^\\./', '' }`;
    const found = linesOf(inShell(POWERSHELL ?? '', ['-NoProfile', '-Command', steps]));
    expect(found.sort()).toEqual([...expected].sort());
  });
});

for (const [shell, file] of Object.entries({ bash: BASH, zsh: ZSH, fish: FISH, pwsh: POWERSHELL })) {
  if (!file) announceSkipped(CASES.length, `no ${shell}`);
}
