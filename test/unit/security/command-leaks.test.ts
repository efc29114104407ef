/** Planted secrets in every command that changes or uses files: none in messages, --verbose or not, in words of processes, or in files left behind. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const CANARY = 'canary3of3commands';
const YAML = `a: ${CANARY}-a\nb: ${CANARY}-b # ${CANARY}-note\nl:\n  - ${CANARY}-l\n`;
const ENV = `A=${CANARY}-a\n# ${CANARY}-note\n`;

let desk: Desk;
let program: Program;
let other: Desk;
const sealed = new Map<string, Buffer>();

beforeAll(async () => {
  desk = new Desk();
  other = new Desk();
  program = new Program();
  sealed.set('e.yaml', await desk.encrypt('e.yaml', YAML));
  sealed.set('e.env', await desk.encrypt('e.env', ENV));
  sealed.set('broken.yaml', Buffer.from(`${sealed.get('e.yaml')}`.replace(/tag:..../, 'tag:AAAA')));
  sealed.set('mac.yaml', Buffer.from(`${sealed.get('e.yaml')}`.replace('l:', 'x_unencrypted: 1\nl:')));
  sealed.set('strange.yaml', await other.encrypt('strange.yaml', YAML));
});
afterAll(() => {
  desk.remove();
  other.remove();
});
beforeEach(() => {
  desk.clear();
  mkdirSync(desk.path('tmp'));
  for (const [name, content] of sealed) desk.write(name, content);
});

/** Whether a text holds a planted secret, or its Base64. */
function holds(text: string): boolean {
  return text.includes(CANARY) || text.includes(Buffer.from(CANARY).toString('base64').slice(0, -4));
}

/** Files of the desk and of memory that hold one. */
function holders(): string[] {
  const found = readdirSync(desk.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const memory = existsSync('/dev/shm')
    ? readdirSync('/dev/shm').filter((name) => name.includes(`-${process.pid}-`))
    : [];
  return [...found.filter((path) => holds(readFileSync(path, 'latin1'))), ...memory];
}

/** An editor that runs commands on "$1". */
function editor(commands: string): Record<string, string> {
  chmodSync(desk.write('editor.sh', `#!/bin/sh\n${commands}\n`), 0o700);
  return { SOPS_EDITOR: desk.path('editor.sh') };
}

/** Lines that fail, with what they read. Values that the user types as words are the user's own. */
const FAILING: readonly (readonly [line: readonly string[], stdin: string])[] = (
  [
    [['set', 'e.yaml', '["a"]', `${CANARY} bare`]],
    [['set', 'e.yaml', '["a"]', `{"x": "${CANARY}", "x": 1}`]],
    [['set', 'e.yaml', '["a"]["x"', `"${CANARY}"`]],
    [['set', 'e.yaml', '[0]', `"${CANARY}"`]],
    [['set', 'e.yaml', '["sops"]', `"${CANARY}"`]],
    [['set', '--value-stdin', 'e.yaml', '["a"]'], `"${CANARY} bare`],
    [['set', '--value-stdin', 'broken.yaml', '["a"]'], `"${CANARY}"`],
    [['set', '--value-stdin', 'strange.yaml', '["a"]'], `"${CANARY}"`],
    [['set', '--value-stdin', 'e.env', '["A"]'], `{"x": "${CANARY}"}`],
    [['--set', `["a"] ${CANARY}`, 'e.yaml']],
    [['unset', 'e.yaml', '["a"]["x"]']],
    [['unset', 'mac.yaml', '["a"]']],
    [['encrypt', '--update', 'e.yaml'], `a: [${CANARY}\n`],
    [['encrypt', '--update', 'e.yaml'], `- ${CANARY}\n`],
    [['encrypt', '--update', 'e.env'], `${CANARY}\n`],
    [['encrypt', '--update', 'mac.yaml'], YAML],
    [['encrypt', '--update', 'strange.yaml'], YAML],
    [['rotate', 'broken.yaml']],
    [['rotate', '--output', '/nonexistent/x', 'e.yaml']],
    [['rotate', '--add-age', 'age1nonsense', 'e.yaml']],
    [['rotate', '--output-type', 'dotenv', 'e.yaml']],
    [['updatekeys', '-y', 'mac.yaml', 'strange.yaml', 'broken.yaml']],
    [['groups', 'add', '-f', 'strange.yaml', '--age', 'age1nonsense']],
    [['groups', 'delete', '-f', 'e.yaml', '0']],
    [['revoke', '-y', 'nobody']],
    [['exec-env', 'e.yaml', 'true']],
    [['exec-env', 'mac.yaml', '--', 'true', 'x']],
    [['exec-env', '--only', 'NOPE', 'e.env', 'true']],
    [['exec-env', 'e.env', '--', 'no-such-program', 'x']],
    [['exec-file', '--filename', '/x', 'e.yaml', 'cat {}']],
    [['exec-file', '--output-type', 'dotenv', 'e.yaml', 'cat {}']],
    [['exec-file', 'broken.yaml', 'cat {}']],
    [['filestatus', 'absent.yaml']],
    [['decrypt', 'broken.yaml']],
    [['decrypt', 'mac.yaml']],
    [['decrypt', '--extract', '["a"]["b"]', 'e.yaml']],
  ] as readonly (readonly [readonly string[], string?])[]
).map(([line, stdin = '']) => [line, stdin]);

describe('a command that fails', () => {
  test.each(FAILING)('%j', async (line, stdin) => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient},${other.recipient}\n`);
    for (const verbose of [[], ['--verbose']]) {
      const ran = await desk.run([...verbose, ...line], { stdin, env: { TMPDIR: desk.path('tmp') } });
      expect(ran.status, ran.stderr).not.toBe(0);
      expect(holds(ran.stderr), ran.stderr).toBe(false);
      expect(ran.stderr).not.toContain(desk.identity.slice(15, 40));
      if (line[0] !== 'rotate') expect(holds(ran.stdout.toString())).toBe(false);
    }
    expect(holders()).toEqual([]);
    expect(readdirSync(desk.path('tmp'))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('an edit', () => {
  const typed = `echo "z: ${CANARY}-typed" >> "$1"`;
  test.each([
    ['that is saved', typed, 0],
    ['that changes nothing', 'true', 200],
    ['whose editor fails', `${typed}; exit 3`, 201],
    ['that does not parse', 'echo "{{{ canary3of3commands" >> "$1"', 1],
    ['whose file is gone', 'rm "$1"', 2],
    ['whose folder is gone', 'rm -r "$(dirname "$1")"', 2],
    ['that leaves other files', `cp "$1" "$1.bak"; cp "$1" "$(dirname "$1")/.swp"; ${typed}`, 0],
    ['that cannot be encrypted', `echo "sops: {${CANARY}: 1}" >> "$1"`, 1],
  ])('%s', async (_, commands, status) => {
    for (const verbose of [[], ['--verbose']]) {
      desk.write('e.yaml', sealed.get('e.yaml') ?? '');
      const env = { ...editor(commands), TMPDIR: desk.path('tmp') };
      const ran = await desk.run([...verbose, 'edit', 'e.yaml'], { env });
      expect(ran.status, ran.stderr).toBe(status);
      expect(holds(ran.stderr + ran.stdout.toString()), ran.stderr).toBe(false);
    }
    expect(holders().filter((path) => !path.endsWith('editor.sh'))).toEqual([]);
    expect(readdirSync(desk.path('tmp'))).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('while a program runs', () => {
  /** Notes the words of all processes, and the files on disk that are not in memory. */
  const look =
    'cat /proc/[0-9]*/cmdline 2> /dev/null | tr "\\0" " " > words; find tmp -type f > files; ls -A /tmp > names';

  test.each([
    ['edit', ['edit', 'e.yaml'], ''],
    ['the old form of edit', ['e.yaml'], ''],
    ['exec-env', ['exec-env', 'e.env', look], ''],
    ['exec-env without a shell', ['exec-env', 'e.env', '--', 'sh', '-c', look], ''],
    ['exec-env --redact', ['exec-env', '--redact', 'e.env', look], ''],
    ['exec-file', ['exec-file', 'e.yaml', `cat {} > /dev/null; ${look}`], ''],
  ])('no value is in the words of a process: %s', (_, line, input) => {
    const env = { ...desk.env, ...editor(look), TMPDIR: desk.path('tmp') };
    const ran = program.run(line, { cwd: desk.folder, env, input });
    expect([0, 200], ran.stderr.toString()).toContain(ran.status);
    const words = desk.text('words');
    expect(words).toContain('sops-ts.js');
    expect(holds(words)).toBe(false);
    expect(words).not.toContain(desk.identity.slice(15, 40));
    expect(holders().filter((path) => !path.endsWith('editor.sh'))).toEqual([]);
    // With memory at hand nothing is on disk, not even for a moment.
    if (existsSync('/dev/shm')) expect(desk.text('files')).toBe('');
  });
});
