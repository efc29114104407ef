/** `exec-env` and `exec-file` as processes: signals, endings of all kinds, and where no value may show up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { privateFoldersOf } from '../../support/private-folders.js';
import { Program } from '../../support/program.js';
import { inSweeps, sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const CANARY = 'canary-of-the-process-test';

let program: Program;
let desk: Desk;
const started: ChildProcess[] = [];

beforeAll(async () => {
  program = new Program();
  desk = new Desk();
  mkdirSync(desk.path('tmp'));
  desk.write('e.yaml', await desk.encrypt('e.yaml', `A: ${CANARY}\n`));
});

afterAll(() => {
  // After a test that failed: its folder in memory would have every start on this machine look whose it is.
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill();
  desk.remove();
});

interface Running {
  readonly process: ChildProcess;
  /** What it has written so far, to both outputs. */
  text(): string;
  /** Resolves when it has written that. */
  says(text: string): Promise<void>;
  /** How it ended: status, or the signal's name. */
  readonly end: Promise<number | string | null>;
}

function start(words: readonly string[], before: readonly string[] = []): Running {
  const child = spawn(process.execPath, [...before, program.file, ...words], {
    cwd: desk.folder,
    env: { ...desk.env, TMPDIR: desk.path('tmp') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let written = '';
  child.stdout.on('data', (part) => {
    written += part;
  });
  child.stderr.on('data', (part) => {
    written += part;
  });
  const text = (): string => written;
  return {
    process: child,
    text,
    says: (wanted) => until(() => text().includes(wanted)),
    end: new Promise((settle) => {
      child.on('close', (status, signal) => settle(signal ?? status));
    }),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 800; turn++) {
    if (holds()) return;
    await new Promise((settle) => setTimeout(settle, 10));
  }
  throw new Error('waited in vain');
}

/** Folders that exec-file has made and not removed. */
function leftovers(of: ChildProcess): string[] {
  return privateFoldersOf([of.pid], ['/dev/shm', desk.path('tmp')]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '');
  } catch {
    return false;
  }
}

/** The words of all processes, each with a NUL behind it. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    });
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

describe.skipIf(process.platform === 'win32')('signals', () => {
  test.each(sample(SIGNALS, 3))('%s reaches the program, whose status is ours', async (signal) => {
    const name = signal.slice(3);
    const run = start([
      'exec-env',
      'e.yaml',
      `trap 'echo got ${name}; exit 7' ${name}; echo ready; while :; do sleep 0.05; done`,
    ]);
    await run.says('ready');
    run.process.kill(signal);
    expect(await run.end).toBe(7);
    expect(run.text()).toContain(`got ${name}\n`);
  });

  test.each(sample(SIGNALS, 3, 1))(
    'a program that %s ends: 128 and its number, and nothing of the command goes on',
    async (signal) => {
      const number = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR1: 10, SIGUSR2: 12, SIGTERM: 15 }[signal];
      const script = 'process.stdout.write(`pid ${process.pid} `); setInterval(() => {}, 1000)';
      const run = start(['exec-env', 'e.yaml', '--', process.execPath, '-e', script]);
      await run.says('pid ');
      await until(() => /pid \d+ /.test(run.text()));
      run.process.kill(signal);
      // SIGUSR1 starts Node's debugger, which ends nothing.
      if (signal === 'SIGUSR1') {
        await run.says('Debugger');
        run.process.kill('SIGTERM');
        expect(await run.end).toBe(143);
      } else {
        expect(await run.end).toBe(128 + number);
      }
      expect(isAlive(Number(/pid (\d+)/.exec(run.text())?.[1]))).toBe(false);
    },
  );

  test('a signal is for all that a command text runs: no orphan is left behind its shell', async () => {
    const run = start(['exec-env', 'e.yaml', `sh -c 'echo "pid $$ "; sleep 30; true' | cat; echo not reached`]);
    await until(() => /pid \d+ /.test(run.text()));
    run.process.kill('SIGTERM');
    expect(await run.end).toBe(143);
    expect(run.text()).not.toContain('not reached');
    expect(isAlive(Number(/pid (\d+)/.exec(run.text())?.[1]))).toBe(false);
  });

  inSweeps(() => {
    test.runIf(process.platform === 'linux')(
      'nor is anything that the shell starts while the signal comes',
      async () => {
        const mark = `23.${process.pid}`;
        const loop = `echo ready; i=0; while [ $i -lt 200 ]; do sleep ${mark} & i=$((i + 1)); done; wait`;
        const run = start(['exec-env', 'e.yaml', loop]);
        await run.says('ready');
        run.process.kill('SIGTERM');
        expect(await run.end).toBe(143);
        expect(commandLines().filter((line) => line === `sleep\0${mark}\0`)).toEqual([]);
      },
    );
  });

  inSweeps(() => {
    test.runIf(process.platform === 'linux')('what shuts down slowly behind its shell is waited for', async () => {
      const server = `sh -c 'trap "sleep 0.5; echo done; exit" TERM; echo ready; while :; do sleep 0.05; done'; true`;
      const run = start(['exec-env', 'e.yaml', server]);
      await run.says('ready');
      run.process.kill('SIGTERM');
      await run.end;
      expect(run.text()).toContain('done');
    });
  });

  inSweeps(() => {
    test('a program that ignores SIGTERM goes on, and is waited for', async () => {
      const run = start(['exec-env', 'e.yaml', "trap '' TERM; echo ready; sleep 0.6; echo still; exit 4"]);
      await run.says('ready');
      run.process.kill('SIGTERM');
      run.process.kill('SIGTERM');
      expect(await run.end).toBe(4);
      expect(run.text()).toContain('still');
    });
  });
});

describe.skipIf(process.platform === 'win32')('signals to exec-file', () => {
  test.each(sample([[[]], [['--no-fifo']]], 2, 1))(
    'exec-file %j: the folder is removed when a signal ends it',
    async (flags) => {
      const run = start(['exec-file', ...flags, 'e.yaml', 'echo ready; sleep 30; cat {}']);
      await run.says('ready');
      expect(leftovers(run.process)).toHaveLength(1);
      run.process.kill('SIGTERM');
      expect(await run.end).toBe(143);
      expect(leftovers(run.process)).toEqual([]);
    },
  );

  test('a mistake in our own program ends it, although nobody has opened the pipe, and the folder is removed', async () => {
    const mistake = "setInterval(() => { if (require('node:fs').existsSync('odd')) throw new Error('odd'); }, 20);";
    desk.write('mistake.cjs', mistake);
    const run = start(
      ['exec-file', 'e.yaml', 'echo "ready $$ "; exec sleep 30'],
      ['--require', desk.path('mistake.cjs')],
    );
    await until(() => /ready \d+ /.test(run.text()));
    desk.write('odd', '');
    const ended = new Promise((settle) => run.process.on('exit', settle));
    expect(await ended).toBe(1);
    process.kill(Number(/ready (\d+)/.exec(run.text())?.[1]));
    expect(run.text()).toContain('Error: odd');
    expect(leftovers(run.process)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')(
    'what SIGKILL left behind the next run removes, and nothing else',
    async () => {
      const live = start([
        'exec-file',
        '--no-fifo',
        'e.yaml',
        'echo ready; until test -e go; do sleep 0.1; done; cat {}',
      ]);
      const killed = start(['exec-file', '--no-fifo', 'e.yaml', 'echo "ready $$ "; exec sleep 30']);
      await Promise.all([live.says('ready'), killed.says('ready')]);
      // Looked at before: any run of any test may sweep it afterwards.
      expect(leftovers(killed.process)).toHaveLength(1);
      killed.process.kill('SIGKILL');
      // The program lives on, since nothing can be done then, and holds the pipes.
      const orphan = Number(/ready (\d+)/.exec(killed.text())?.[1]);
      process.kill(orphan, 'SIGTERM');
      expect(await killed.end).toBe('SIGKILL');
      const strange = join(desk.path('tmp'), '.sops-ts-00000000-00000000-1-1-abcdef');
      mkdirSync(strange);
      expect(await start(['exec-file', 'e.yaml', 'true']).end).toBe(0);
      expect(leftovers(killed.process)).toEqual([]);
      expect(leftovers(live.process)).toHaveLength(1);
      expect(existsSync(strange)).toBe(true);
      desk.write('go', '');
      expect(await live.end).toBe(0);
      expect(live.text()).toContain(CANARY);
    },
  );
});

describe.skipIf(process.platform === 'win32')('programs of all kinds', () => {
  test.each(sample([[[]], [['--redact']]], 2, 1))('%j: megabytes, without a byte lost', async (flags) => {
    const run = start([
      'exec-env',
      ...flags,
      'e.yaml',
      'head -c 5000000 /dev/zero | tr "\\0" x; head -c 300000 /dev/zero | tr "\\0" y >&2',
    ]);
    expect(await run.end).toBe(0);
    expect(run.text().length).toBe(5_300_000);
  });

  test.each(sample([[[]], [['--redact']]], 2, 0))('%j: one that closes its streams', async (flags) => {
    expect(await start(['exec-env', ...flags, 'e.yaml', 'exec <&- >&- 2>&-; sleep 0.2; exit 5']).end).toBe(5);
  });

  test.each(sample([[[]], [['--redact']]], 2, 1))('%j: one whose reader goes away is told, and ends', async (flags) => {
    const run = start(['exec-env', ...flags, 'e.yaml', 'while echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done']);
    await run.says('x');
    run.process.stdout?.destroy();
    run.process.stderr?.destroy();
    // The shell's loop ends by the signal, or since echo fails.
    expect([141, 2, 1, 0]).toContain(await run.end);
  });

  test('--same-process: the status is the program’s own, and nothing is added', async () => {
    const run = start(['exec-env', '--same-process', 'e.yaml', 'echo "$$ $A"; (yes | head -n 1); exit 6']);
    expect(await run.end).toBe(6);
    const [first = '', ...rest] = run.text().split('\n');
    expect(first).toMatch(new RegExp(`^\\d+ ${CANARY}$`));
    if ('execve' in process) {
      expect(first).toBe(`${run.process.pid} ${CANARY}`);
      expect(rest).toEqual(['y', '']);
    }
  });
});

describe.runIf(process.platform === 'linux')('where no value shows up', () => {
  test('in no command line, and in no file on disk', async () => {
    const env = start(['exec-env', 'e.yaml', '--', 'sh', '-c', 'echo ready; sleep 1']);
    const file = start(['exec-file', 'e.yaml', 'cat {} > /dev/null; echo ready; sleep 1; cat {} > /dev/null']);
    await Promise.all([env.says('ready'), file.says('ready')]);
    const commands = commandLines();
    expect(commands.some((line) => line.includes('e.yaml'))).toBe(true);
    expect(commands.filter((line) => line.includes(CANARY))).toEqual([]);
    for (const folder of leftovers(file.process)) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) expect(entry.isFIFO()).toBe(true);
    }
    expect(await env.end).toBe(0);
    expect(await file.end).toBe(0);
    expect(env.text() + file.text()).not.toContain(CANARY);
    expect(readdirSync(desk.path('tmp')).filter((name) => !name.includes('-00000000-'))).toEqual([]);
  });

  test('with mkfifo missing it says that it uses a file', async () => {
    const preload = "require('node:child_process').spawnSync = () => ({ status: null });";
    writeFileSync(desk.path('no-mkfifo.cjs'), preload);
    const run = start(['exec-file', 'e.yaml', '/bin/ls -l {}; /bin/cat {}'], ['--require', desk.path('no-mkfifo.cjs')]);
    expect(await run.end).toBe(0);
    expect(run.text()).toContain('mkfifo is missing');
    expect(run.text()).toMatch(/^-rw-------/m);
    expect(run.text()).toContain(CANARY);
  });
});
