/** The key agent as people use it: with the real sops beside sops-ts (SOPS_BIN), other users, crashes and kills. */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Encrypter } from 'age-encryption';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeArmor } from '../../src/keys/age/format/armor.js';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { Program } from '../support/program.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { Terminal, TMUX } from '../support/tmux.js';
import { AwsService } from '../unit/keys/aws-service.js';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
const NOBODY = 65534;
const PASSPHRASE = 'correct horse';
const isRoot = process.geteuid?.() === 0;
const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0;

if (!SOPS) announceSkipped(4, 'there is no sops program');
if (!isRoot || !hasSetpriv) announceSkipped(2, 'tests of other users need root and setpriv');
if (!TMUX) announceSkipped(1, 'there is no tmux');

let program: Program;
let kms: AwsService;
let folder: string;
let bin: string;
beforeAll(async () => {
  program = new Program();
  kms = await AwsService.start();
  folder = mkdtempSync(join(tmpdir(), 'ag-'));
  bin = join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  writeFileSync(join(bin, 'sops-ts'), `#!/bin/sh\nexec '${process.execPath}' '${program.file}' "$@"\n`, {
    mode: 0o755,
  });
});

afterEach(() => {
  shellNow('sops-ts agent stop');
  for (const name of readdirSync(folder)) if (name.startsWith('work')) rmSync(join(folder, name), { recursive: true });
  rmSync(join(folder, 'asked'), { force: true });
});

afterAll(async () => {
  await kms.http.close();
  rmSync(folder, { recursive: true, force: true });
});

const baseEnv = (): Record<string, string> => ({
  PATH: `${bin}:${process.env.PATH}`,
  HOME: folder,
  SOPS: SOPS ?? '',
  SOPS_DISABLE_VERSION_CHECK: '1',
  XDG_RUNTIME_DIR: join(folder, 'run'),
  AWS_ENDPOINT_URL: kms.http.url,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
});

function workFolder(): string {
  return mkdtempSync(join(folder, 'work-'));
}

/** Runs a script of sh while servers of this process answer. Throws with what was said when it fails. */
async function shell(script: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const settings = { cwd, env: { ...baseEnv(), ...env }, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)('sh', ['-e', '-c', script], settings)).stdout;
}

function shellNow(script: string, env: Record<string, string> = {}): { status: number | null; said: string } {
  const ran = spawnSync('sh', ['-c', script], { cwd: folder, env: { ...baseEnv(), ...env }, encoding: 'utf8' });
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

/** How often the stand-in for KMS has opened something. */
function openings(): number {
  return kms.http.received.filter(({ headers }) => headers['x-amz-target'] === 'TrentService.Decrypt').length;
}

function statusOf(): { pid: number; kept: number; guards: { coreDumps: string } } {
  return JSON.parse(execFileSync('sh', ['-c', 'sops-ts agent status --json'], { env: baseEnv(), encoding: 'utf8' }));
}

/** An identity file behind a passphrase, which opens fast, and a program that knows it and counts its questions. */
async function protectedIdentity(): Promise<{ recipient: string; env: Record<string, string> }> {
  const { identity, recipient } = generateIdentity();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(PASSPHRASE);
  encrypter.setScryptWorkFactor(4);
  const file = join(folder, 'protected.txt');
  writeFileSync(file, encodeArmor(await encrypter.encrypt(identity)));
  const asker = join(folder, 'asker');
  writeFileSync(asker, `#!/bin/sh\necho "$1" >> '${folder}/asked'\necho '${PASSPHRASE}'\n`, { mode: 0o755 });
  return { recipient, env: { SOPS_AGE_KEY_FILE: file, SOPS_TS_ASKPASS: asker, GPG_AGENT_INFO: '' } };
}

function questions(): string[] {
  const file = join(folder, 'asked');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

describe.skipIf(!SOPS)('sops and sops-ts', () => {
  test('decrypt a hundred files that share a data key with one call to KMS between them', async () => {
    const work = workFolder();
    writeFileSync(join(work, 'first.yaml'), 'a: secret\n');
    await shell(`sops-ts encrypt -i --kms ${ARN} first.yaml`, work);
    for (let at = 0; at < 100; at++) copyFileSync(join(work, 'first.yaml'), join(work, `s${at}.yaml`));
    const before = openings();
    const script = `eval "$(sops-ts agent start)"
      for at in $(seq 0 39); do "$SOPS" decrypt s$at.yaml; done
      for at in $(seq 40 59); do sops-ts decrypt s$at.yaml; done
      unset SOPS_KEYSERVICE SOPS_ENABLE_LOCAL_KEYSERVICE SOPS_TS_AGENT
      for at in $(seq 60 79); do sops-ts decrypt s$at.yaml; done
      sops-ts decrypt --output-dir plain s8*.yaml s9*.yaml >&2; cat plain/s[89]?.yaml`;
    const said = await shell(script, work);
    expect(said).toBe('a: secret\n'.repeat(100));
    expect(openings() - before).toBe(1);
  });

  test('ask KMS once for each data key, whoever comes first, also side by side', async () => {
    const work = workFolder();
    for (let at = 0; at < 4; at++) writeFileSync(join(work, `d${at}.yaml`), `a: secret ${at}\n`);
    await shell(`sops-ts encrypt -i --kms ${ARN} d*.yaml`, work);
    const before = openings();
    const script = `eval "$(sops-ts agent start)"
      for at in 0 1 2 3; do for try in 1 2; do
        "$SOPS" decrypt d$at.yaml > out-a-$at-$try & sops-ts decrypt d$at.yaml > out-b-$at-$try &
      done; done; wait; cat out-*`;
    const said = await shell(script, work);
    expect(said.split('\n').sort().join('\n').trim()).toBe(
      [0, 1, 2, 3].flatMap((at) => Array(4).fill(`a: secret ${at}`)).join('\n'),
    );
    expect(openings() - before).toBe(4);
  });

  test('have a passphrase asked for once, by a program', async () => {
    const work = workFolder();
    const { recipient, env } = await protectedIdentity();
    writeFileSync(join(work, 'p.yaml'), 'a: secret\n');
    const script = `sops-ts encrypt -i --age ${recipient} p.yaml
      eval "$(sops-ts agent start)"
      for at in $(seq 20); do "$SOPS" decrypt p.yaml; sops-ts decrypt p.yaml; done`;
    expect(await shell(script, work, env)).toBe('a: secret\n'.repeat(40));
    expect(questions()).toEqual(["Enter passphrase for identity 'SOPS_AGE_KEY_FILE':"]);
  });

  test.skipIf(!TMUX)('have a passphrase asked for once, on the terminal, for all files below', async () => {
    const work = workFolder();
    const { recipient, env } = await protectedIdentity();
    for (let at = 0; at < 10; at++) writeFileSync(join(work, `t${at}.yaml`), `a: secret ${at}\n`);
    await shell(`sops-ts encrypt -i --age ${recipient} t*.yaml`, work);
    const terminal = new Terminal(work, { ...baseEnv(), ...env, SOPS_TS_ASKPASS: '' });
    try {
      await terminal.sees('ready>');
      terminal.enter('eval "$(sops-ts agent start)"; sops-ts agent unlock .');
      await terminal.sees('Enter passphrase');
      terminal.enter(PASSPHRASE);
      await terminal.sees('the key agent has the data keys of 10 files');
      terminal.enter('clear; for f in t*.yaml; do "$SOPS" decrypt $f; sops-ts decrypt $f; done; echo fin"ished"');
      const screen = await terminal.sees('finished');
      expect(screen.match(/a: secret \d/g)).toHaveLength(20);
      expect(screen).not.toContain('passphrase');
    } finally {
      terminal.close();
    }
  });
});

describe('a shell', () => {
  test.each([
    [
      'fish',
      'sops-ts agent start --shell fish | source; echo $SOPS_TS_AGENT; sops-ts agent stop --shell fish | source',
    ],
    ['sh', 'eval "$(sops-ts agent start)"; echo $SOPS_TS_AGENT; eval "$(sops-ts agent stop)"'],
  ])('%s gets its variables, and loses them', (name, script) => {
    if (spawnSync(name, ['-c', 'true']).status !== 0) return;
    const ran = spawnSync(name, ['-c', `${script}; echo "[$SOPS_KEYSERVICE]"`], { env: baseEnv(), encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([0, `${folder}/run/sops-ts/agent.sock\n[]\n`]);
  });
});

describe('an agent', () => {
  test('is one, however many are started at a time', async () => {
    await shell('for n in 1 2 3 4; do sops-ts agent start > /dev/null & done; wait', folder);
    const ours = spawnSync('pgrep', ['-f', `${program.file} agent run`], { encoding: 'utf8' });
    expect(ours.stdout.trim()).toBe(String(statusOf().pid));
  });

  test('that was killed is done without, and another takes its place', async () => {
    const work = workFolder();
    writeFileSync(join(work, 'k.yaml'), 'a: secret\n');
    await shell(`sops-ts encrypt -i --kms ${ARN} k.yaml; sops-ts agent start > /dev/null`, work);
    process.kill(statusOf().pid, 'SIGKILL');
    const script = `sops-ts agent status 2>&1 && exit 9; sops-ts decrypt k.yaml 2>&1
      sops-ts agent start > /dev/null; sops-ts decrypt k.yaml; sops-ts agent status`;
    const said = await shell(`set +e; ${script}`, work);
    expect(said).toMatch(/no key agent answers at .*\n.*start one.*\na: secret\na: secret\n/i);
    expect(said).toMatch(/^data keys: +1$/m);
  });

  test('that was stopped by a signal is told of, and done without', async () => {
    const work = workFolder();
    writeFileSync(join(work, 'q.yaml'), 'a: secret\n');
    await shell(`sops-ts encrypt -i --kms ${ARN} q.yaml; sops-ts agent start > /dev/null`, work);
    const { pid } = statusOf();
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await shell('sops-ts decrypt q.yaml 2>&1', work)).toMatch(
        /^warning: the key agent does not answer; .*\na: secret\n$/,
      );
      const before = openings();
      await shell('sops-ts decrypt --no-agent q.yaml; SOPS_TS_AGENT=0 sops-ts decrypt q.yaml', work);
      expect(openings() - before).toBe(2);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  test('listens at a socket that the system has opened for it', async () => {
    const socket = join(folder, 'run', 'given.sock');
    const starter = `import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(socket)}); s.listen(8)
os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execvp('sh', ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', *sys.argv[1:]])`;
    const words = ['-c', starter, process.execPath, program.file, 'agent', 'run'];
    const child = spawn('python3', words, { env: { ...baseEnv(), SOPS_TS_AGENT: socket }, stdio: 'pipe' });
    await new Promise((ready) => child.stderr.once('data', ready));
    const { said } = shellNow('sops-ts agent status', { SOPS_TS_AGENT: socket });
    const ended = new Promise((settle) => child.once('exit', settle));
    child.kill('SIGTERM');
    expect(said).toContain(socket);
    expect(await ended).toBe(0);
  });
});

describe('the memory of an agent', () => {
  test('is in no dump, and no limit allows one', async () => {
    await shell('ulimit -c unlimited; sops-ts agent start > /dev/null', folder);
    const { pid, guards } = statusOf();
    expect(guards.coreDumps).toBe('off');
    expect(Number(`0x${readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()}`)).toBe(0);
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +1 +1 +bytes/m);
  });

  test('is not written down when it crashes, as that of another program would be', async () => {
    const work = workFolder();
    const crash = (script: string) => `cd ${work}; ulimit -c unlimited; ${script}; kill -SEGV $!; wait $!; ls -A`;
    const control = shellNow(crash('sleep 60 & sleep 0.2')).said;
    const leavesDumps = /^core/m.test(control);
    for (const name of readdirSync(work)) rmSync(join(work, name));
    const run = 'sops-ts agent run 2> out & until grep -q answers out; do sleep 0.1; done';
    expect(shellNow(crash(run)).said).not.toMatch(/^core/m);
    if (!leavesDumps) announceSkipped(1, 'this system leaves no dumps in the working directory');
  });

  test.skipIf(!isRoot || !hasSetpriv)('and its socket are closed to other users', async () => {
    chmodSync(folder, 0o755);
    await shell('sops-ts agent start > /dev/null', folder);
    const { pid } = statusOf();
    const asNobody = (script: string) => {
      const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'sh', '-c', script];
      return spawnSync('setpriv', words, { cwd: '/', env: baseEnv(), encoding: 'utf8' });
    };
    expect(asNobody(`head -c 1 /proc/${pid}/mem`).stderr).toContain('Permission denied');
    expect(asNobody(`cat /proc/${pid}/environ`).stderr).toContain('Permission denied');
    const socket = join(folder, 'run', 'sops-ts', 'agent.sock');
    chmodSync(join(folder, 'run'), 0o755);
    const dial = `require('net').connect('${socket}').on('error', (e) => console.log(e.code)).on('connect', () => console.log('in'))`;
    expect(asNobody(`'${process.execPath}' -e "${dial}"`).stdout.trim()).toBe('EACCES');
    chmodSync(join(folder, 'run'), 0o700);
  });

  test.skipIf(!isRoot || !hasSetpriv)('is handed to no agent that another user has put in its place', async () => {
    const place = mkdtempSync(join(folder, 'work-'));
    chmodSync(place, 0o777);
    const folders = join(place, `sops-ts-${process.geteuid?.()}`);
    const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'sh', '-c'];
    const trap = `mkdir -m 0700 ${folders}; '${process.execPath}' -e "require('net').createServer((s) => s.pipe(process.stdout)).listen('${folders}/agent.sock')"`;
    const trapper = spawn('setpriv', [...words, trap], { cwd: '/', env: baseEnv(), stdio: 'pipe' });
    let heard = '';
    trapper.stdout.on('data', (part) => (heard += part));
    while (!existsSync(join(folders, 'agent.sock'))) await new Promise((settle) => setTimeout(settle, 50));
    writeFileSync(join(place, 'w.yaml'), 'a: secret\n');
    const env = { XDG_RUNTIME_DIR: '', TMPDIR: place };
    const said = await shell(`sops-ts encrypt -i --kms ${ARN} w.yaml; sops-ts decrypt w.yaml 2>&1`, place, env);
    trapper.kill();
    expect(said).toMatch(/the key agent is not asked: .* belongs to another user/);
    expect(said).toContain('a: secret');
    expect(heard).toBe('');
  });
});
