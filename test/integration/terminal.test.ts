/** On a real terminal (tmux): editors, prompts without echo, questions, progress, and Ctrl+C at every stage. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { privateFoldersOf } from '../support/private-folders.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { Terminal, TMUX } from '../support/tmux.js';

const VIM = findTool('vim', 'VIM_BIN', ['--version']);
const NANO = findTool('nano', 'NANO_BIN', ['--version']);
const SECRET = 'canary-typed-unseen';

let program: Program;
let desk: Desk;
let terminal: Terminal;

beforeAll(() => {
  program = new Program();
});

/** Folders in memory of the programs that were started here. */
function abandoned(): string[] {
  const pids = desk.names().includes('pids') ? desk.text('pids').split('\n') : [];
  return privateFoldersOf(pids, ['/dev/shm']);
}

beforeEach(async () => {
  desk = new Desk();
  mkdirSync(desk.path('tmp'));
  mkdirSync(desk.path('bin'));
  symlinkSync(program.file, desk.path('bin/sops-ts.js'));
  desk.write('e.yaml', await desk.encrypt('e.yaml', 'a: one\nb: 2\n'));
  terminal = new Terminal(desk.folder, {
    ...desk.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    TMPDIR: desk.path('tmp'),
    NODE: process.execPath,
    VAULT_TOKEN: 'x',
  });
  await terminal.sees('ready>');
  terminal.enter(
    `sops() { sh -c 'echo $$ >> pids; exec "$NODE" "$0" "$@"' ${program.file} "$@"; }; stty -g > stty-before`,
  );
  await clear();
});
afterEach(async () => {
  terminal.close();
  desk.remove();
});

/** Empties the screen. What stands there of the step before could be taken for what the next one shows. */
async function clear(): Promise<void> {
  terminal.enter('clear');
  await terminal.sees(/^ready>$/);
}

/**
 * Waits until a `sleep` runs in the folder. A shell that is just about to start a program may lose the Ctrl+C that comes in between:
 * it has heard of it, and the program does not.
 */
async function sleepRuns(): Promise<void> {
  const isOurs = (pid: string): boolean => {
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n' && readlinkSync(`/proc/${pid}/cwd`) === desk.folder
      );
    } catch {
      return false;
    }
  };
  for (let turn = 0; existsSync('/proc/self/comm') && turn < 200; turn++) {
    if (readdirSync('/proc').some((name) => /^\d+$/.test(name) && isOurs(name))) return;
    await new Promise((settle) => setTimeout(settle, 20));
  }
}

/** Runs a line; the screen shows `END` and its status when it is over. */
function start(line: string): void {
  terminal.enter(`${line}; echo "END $?"`);
}

/** Waits for the end and checks that the terminal is as before and that nothing is left. Returns the screen. */
async function endsWith(status: number): Promise<string> {
  const screen = await terminal.sees(/^END \d+$/m);
  expect(screen).toMatch(new RegExp(`^END ${status}$`, 'm'));
  await checkClean();
  return screen;
}

async function checkClean(): Promise<void> {
  terminal.enter('stty -g > stty-after; echo STTY-DONE');
  await terminal.sees(/^STTY-DONE$/m);
  expect(desk.text('stty-after')).toBe(desk.text('stty-before'));
  expect(readdirSync(desk.path('tmp')).filter((name) => !name.startsWith('tmux'))).toEqual([]);
  expect(abandoned()).toEqual([]);
}

/** A shell ends a line of commands when a program dies of Ctrl+C, so that the status is asked for on the next line. */
async function diesOfInterrupt(): Promise<string> {
  await terminal.sees(/\nready>$/);
  terminal.enter('echo "END $?"');
  return endsWith(130);
}

const decrypted = async (): Promise<string> => (await desk.run(['decrypt', 'e.yaml'])).stdout.toString();

describe.skipIf(!TMUX || !VIM)('vim', () => {
  const VIM_LINE = 'EDITOR="vim -u NONE" sops edit e.yaml';

  test('edits, and is opened again on a text that does not parse', async () => {
    start(VIM_LINE);
    await terminal.sees('a: one');
    terminal.type(':%s/one/{/');
    terminal.press('Enter');
    terminal.enter(':wq');
    await terminal.sees('Press enter to return to the editor');
    terminal.press('Enter');
    await terminal.sees('# sops-ts: ');
    terminal.type(':%s/{/two/');
    terminal.press('Enter');
    terminal.enter(':wq');
    await endsWith(0);
    expect(await decrypted()).toBe('a: two\nb: 2\n');
  });

  test('Ctrl+C instead of enter ends the edit, which is kept', async () => {
    start(VIM_LINE);
    await terminal.sees('a: one');
    terminal.type(':%s/one/{/');
    terminal.press('Enter');
    terminal.enter(':wq');
    await terminal.sees('Press enter to return to the editor');
    terminal.press('C-c');
    await terminal.sees('User canceled operation');
    await endsWith(1);
    const [rescued = ''] = desk.names().filter((name) => name.includes('.rescued-'));
    expect((await desk.run(['decrypt', rescued])).stdout.toString()).toBe('a: {\nb: 2\n');
  });

  test('that fails (:cq) or changes nothing leaves the file alone', async () => {
    const text = desk.text('e.yaml');
    start(VIM_LINE);
    await terminal.sees('a: one');
    terminal.enter(':cq');
    expect(await endsWith(201)).toContain('Could not run editor');
    await clear();
    start(VIM_LINE);
    await terminal.sees('a: one');
    terminal.enter(':q');
    expect(await endsWith(200)).toContain('File has not changed, exiting.');
    expect(desk.text('e.yaml')).toBe(text);
  });

  test('takes Ctrl+C for itself, and comes back after Ctrl+Z', async () => {
    start(VIM_LINE);
    await terminal.sees('a: one');
    terminal.press('i', 'C-c');
    await new Promise((settle) => setTimeout(settle, 300));
    terminal.type(':%s/one/three/');
    terminal.press('Enter');
    terminal.press('C-z');
    await terminal.sees('Stopped');
    terminal.enter('fg');
    await terminal.sees('a: three');
    terminal.enter(':wq');
    // After `fg` the rest of the first line is forgotten.
    await terminal.sees(/\nready>$/);
    // By another word, as the screen may still say how the first line ended: END 148.
    terminal.enter('echo "LEFT $?"');
    expect(await terminal.sees(/^LEFT \d+$/m)).toMatch(/^LEFT 0$/m);
    await checkClean();
    expect(await decrypted()).toBe('a: three\nb: 2\n');
  });
});

describe.skipIf(!TMUX || !NANO)('nano', () => {
  test('edits a file, and makes a new one from the template', async () => {
    start('SOPS_EDITOR=nano sops e.yaml');
    await terminal.sees('a: one');
    terminal.type('# typed');
    terminal.press('Enter', 'C-o', 'Enter');
    await terminal.sees('Wrote');
    terminal.press('C-x');
    await endsWith(0);
    expect(await decrypted()).toBe('# typed\na: one\nb: 2\n');
    await clear();
    start('SOPS_EDITOR=nano sops edit new.json');
    await terminal.sees('Welcome to SOPS!');
    terminal.press('C-k', 'C-k');
    terminal.type('{"own": 1,');
    terminal.press('C-x', 'y', 'Enter');
    await endsWith(0);
    expect((await desk.run(['decrypt', '--extract', '["own"]', 'new.json'])).stdout.toString()).toBe('1');
  });
});

describe.skipIf(!TMUX)('prompts', () => {
  test('a value is typed unseen, corrected, and set', async () => {
    start('sops set e.yaml a');
    await terminal.sees('Value of a:');
    terminal.type(`wrong${SECRET}x`);
    terminal.press('BSpace', 'C-u');
    terminal.type(SECRET);
    terminal.press('Enter');
    expect(await endsWith(0)).not.toContain('canary');
    expect(await decrypted()).toBe(`a: ${SECRET}\nb: 2\n`);
  });

  test('as a file it is waited for, and that is told', async () => {
    start('sops list /dev/stdin');
    await terminal.sees('/dev/stdin is a terminal');
    terminal.type('a: typed');
    terminal.press('Enter');
    terminal.press('C-d');
    await terminal.sees('The file is not encrypted');
  });

  test('Ctrl+C at it ends the program as Ctrl+C does, and Ctrl+D says what is missing', async () => {
    const text = desk.text('e.yaml');
    start('sops set e.yaml a');
    await terminal.sees('Value of a:');
    terminal.type(SECRET);
    terminal.press('C-c');
    expect(await diesOfInterrupt()).not.toContain('canary');
    await clear();
    start('sops set e.yaml a');
    await terminal.sees('Value of a:');
    terminal.press('C-d');
    await endsWith(100);
    expect(desk.text('e.yaml')).toBe(text);
  });

  test('a passphrase typed the moment it is asked for is not shown, and a mistyped one gets another try', async () => {
    const keys = new URL('../../fixtures/keys/', import.meta.url).pathname;
    const opening = `SOPS_AGE_KEY_FILE=${keys}identities/age-protected.asc GPG_AGENT_INFO=`;
    for (const typed of [['correct horse battery staple'], ['mistyped phrase', 'correct horse battery staple']]) {
      await clear();
      terminal.enter(`${opening} sops decrypt ${keys}age/age-protected-asc.yaml`);
      for (const [at, phrase] of typed.entries()) {
        await terminal.sees(at === 0 ? /^Enter passphrase/m : /^Wrong passphrase\. Enter passphrase/m);
        terminal.enter(phrase);
      }
      const screen = await terminal.sees('greeting: hello');
      expect(screen).not.toMatch(/horse|mistyped/);
    }
  });

  test('killed at it, the terminal echoes again', async () => {
    start(`sh -c 'echo $$ > pid; exec "$NODE" "$0" set e.yaml a' ${program.file}`);
    await terminal.sees('Value of a:');
    process.kill(Number(desk.text('pid')), 'SIGTERM');
    await endsWith(143);
  });

  test('a question is answered, asked again, or left with Ctrl+C', async () => {
    const other = new Desk();
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient},${other.recipient}\n`);
    other.remove();
    const text = desk.text('e.yaml');
    start('sops updatekeys e.yaml');
    await terminal.sees('Is this okay? (y/n):');
    terminal.press('C-c');
    await diesOfInterrupt();
    expect(desk.text('e.yaml')).toBe(text);
    await clear();
    start('sops updatekeys e.yaml');
    await terminal.sees('Is this okay? (y/n):');
    terminal.enter('maybe');
    await terminal.sees(/okay\? \(y\/n\):.*\n.*okay\? \(y\/n\):/s);
    terminal.enter('y');
    await endsWith(0);
    expect(desk.text('e.yaml')).toContain(other.recipient);
  });
});

describe.skipIf(!TMUX)('a key that does not answer', () => {
  let server: Server;
  let line: string;
  beforeAll(async () => {
    server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    const { port } = server.address() as { port: number };
    const address = `http://127.0.0.1:${port}`;
    line = `VAULT_ADDR=${address} SOPS_TS_KEY_TIMEOUT=3 sops encrypt --hc-vault-transit ${address}/v1/transit/keys/k plain.yaml`;
  });
  afterAll(() => {
    server.close();
  });

  test('is told of while it lasts, and not afterwards, and never in a file', async () => {
    desk.write('plain.yaml', 'a: 1\n');
    start(line);
    await terminal.sees(/^waiting for .*Vault.* \(\d s\)$/m);
    const screen = await endsWith(1);
    expect(screen).not.toContain('waiting for');
    expect(screen).toContain('no answer within 3 s');
    await clear();
    start(`${line} 2> errors`);
    await endsWith(1);
    expect(desk.text('errors')).not.toMatch(/waiting|\r/);
  });

  test('can be left with Ctrl+C', async () => {
    desk.write('plain.yaml', 'a: 1\n');
    start(line);
    await terminal.sees('waiting for');
    terminal.press('C-c');
    expect(await diesOfInterrupt()).not.toContain('waiting for');
  });
});

describe.skipIf(!TMUX)('Ctrl+C and programs', () => {
  test('an editor that does not take it ends, and the edit is cancelled', async () => {
    const text = desk.text('e.yaml');
    start(`SOPS_EDITOR="sh -c 'echo OPEN; sleep 30'" sops e.yaml`);
    await terminal.sees(/^OPEN$/m);
    await sleepRuns();
    terminal.press('C-c');
    await terminal.sees('User canceled operation');
    await endsWith(1);
    expect(desk.text('e.yaml')).toBe(text);
  });

  test.each([
    ['exec-env', `sops exec-env flat.yaml 'echo OPEN; sleep 30'`],
    ['exec-env without a shell', `sops exec-env flat.yaml -- sh -c 'echo OPEN; sleep 30'`],
    ['exec-file with its pipe', `sops exec-file e.yaml 'cat {} > /dev/null; echo OPEN; sleep 30'`],
    ['exec-file with a pipe nobody reads', `sops exec-file e.yaml 'echo OPEN; sleep 30; cat {}'`],
    ['exec-file with a file', `sops exec-file --no-fifo e.yaml 'echo OPEN; sleep 30; cat {}'`],
  ])('%s: the program ends, 130', async (_, line) => {
    desk.write('flat.yaml', await desk.encrypt('flat.yaml', 'A: one\n'));
    start(line);
    await terminal.sees(/^OPEN$/m);
    await sleepRuns();
    terminal.press('C-c');
    await endsWith(130);
  });

  test('one that handles it goes on to its own end, and gets it once each time', async () => {
    desk.write('flat.yaml', await desk.encrypt('flat.yaml', 'A: one\n'));
    const script =
      'n=0; trap "n=\\$((n+1)); echo GOT \\$n" INT; echo OPEN; while [ $n -lt 2 ]; do sleep 0.1; done; sleep 0.3; echo "LAST $n"; exit 7';
    start(`sops exec-env flat.yaml '${script}'`);
    await terminal.sees(/^OPEN$/m);
    terminal.press('C-c');
    await terminal.sees('GOT 1');
    terminal.press('C-c');
    await terminal.sees('LAST 2');
    expect(await endsWith(7)).not.toContain('GOT 3');
  });

  test('one that reads the terminal gets what is typed, and Ctrl+Z stops and fg goes on', async () => {
    desk.write('flat.yaml', await desk.encrypt('flat.yaml', 'A: one\n'));
    start(`sops exec-env flat.yaml 'echo OPEN; read line; echo "got $line $A"; test -t 0 && test -t 1 && echo TTY'`);
    await terminal.sees(/^OPEN$/m);
    terminal.press('C-z');
    await terminal.sees('Stopped');
    terminal.enter('fg');
    await terminal.sees(/sops exec-env[^\n]*$|"\$NODE"[^\n]*$/m);
    terminal.enter('words');
    await terminal.sees('got words one');
    await terminal.sees(/^TTY$/m);
  });
});

const COUNTS: readonly [unknown, number, string][] = [
  [TMUX && VIM, 4, 'tmux or vim is missing'],
  [TMUX && NANO, 1, 'tmux or nano is missing'],
  [TMUX, 14, 'tmux is missing'],
];
for (const [there, count, what] of COUNTS) if (!there) announceSkipped(count, what);
