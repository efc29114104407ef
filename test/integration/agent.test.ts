/** The key agent as people use it: with the real sops beside sops-ts (SOPS_BIN), other users, crashes and kills. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodeArmor } from '../../src/keys/age/format/armor.js';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { AgentShell } from '../support/agent-shell.js';
import { announceSkipped, findTool, SOPS } from '../support/programs.js';
import { Terminal, TMUX } from '../support/tmux.js';
import { AwsService } from '../unit/keys/aws-service.js';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
const NOBODY = 65534;
const PASSPHRASE = 'correct horse';
const ACTIVATOR = findTool('systemd-socket-activate', 'SYSTEMD_SOCKET_ACTIVATE_BIN', ['--version']);
const ANALYZER = findTool('systemd-analyze', 'SYSTEMD_ANALYZE_BIN', ['--version']);
const isRoot = process.geteuid?.() === 0;
const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0;

if (!SOPS) announceSkipped(4, 'there is no sops program');
if (!isRoot || !hasSetpriv) announceSkipped(2, 'tests of other users need root and setpriv');
if (!TMUX) announceSkipped(1, 'there is no tmux');
if (!ACTIVATOR || !ANALYZER) announceSkipped(2, 'there is no systemd');
if (!isRoot) announceSkipped(1, 'only root can look at the memory of others');

let kms: AwsService;
const desk = new AgentShell(() => ({
  AWS_ENDPOINT_URL: kms.http.url,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
}));
beforeAll(async () => {
  kms = await AwsService.start();
});
afterEach(() => desk.clear());
afterAll(async () => {
  await kms.http.close();
  desk.remove();
});

/** How often the stand-in for KMS has opened something. */
function openings(): number {
  return kms.http.received.filter(({ headers }) => headers['x-amz-target'] === 'TrentService.Decrypt').length;
}

/** An identity file behind a passphrase, which opens fast, and a program that knows it and counts its questions. */
async function protectedIdentity(): Promise<{ recipient: string; env: Record<string, string> }> {
  const { identity, recipient } = generateIdentity();
  const encrypter = new Encrypter();
  encrypter.setPassphrase(PASSPHRASE);
  encrypter.setScryptWorkFactor(4);
  const file = join(desk.folder, 'protected.txt');
  writeFileSync(file, encodeArmor(await encrypter.encrypt(identity)));
  const asker = join(desk.folder, 'asker');
  writeFileSync(asker, `#!/bin/sh\necho "$1" >> '${desk.folder}/asked'\necho '${PASSPHRASE}'\n`, { mode: 0o755 });
  return { recipient, env: { SOPS_AGE_KEY_FILE: file, SOPS_TS_ASKPASS: asker, GPG_AGENT_INFO: '' } };
}

/** How often some bytes stand in the memory of a process. */
function timesInMemory(pid: number, bytes: Buffer): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  let times = 0;
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    const size = Number.parseInt(to, 16) - Number.parseInt(from, 16);
    if (!(size > 0 && size < 2 ** 30)) continue;
    const held = Buffer.alloc(size);
    readSync(memory, held, 0, size, Number.parseInt(from, 16));
    for (let at = held.indexOf(bytes); at >= 0; at = held.indexOf(bytes, at + 1)) times += 1;
  }
  closeSync(memory);
  return times;
}

function questions(): string[] {
  const file = join(desk.folder, 'asked');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

describe.skipIf(!SOPS)('sops and sops-ts', () => {
  test('decrypt a hundred files that share a data key with one call to KMS between them', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'first.yaml'), 'a: secret\n');
    await desk.run(`sops-ts encrypt -i --kms ${ARN} first.yaml`, work);
    for (let at = 0; at < 100; at++) copyFileSync(join(work, 'first.yaml'), join(work, `s${at}.yaml`));
    const before = openings();
    const script = `eval "$(sops-ts agent start)"
      for at in $(seq 0 39); do "$SOPS" decrypt s$at.yaml; done
      for at in $(seq 40 59); do sops-ts decrypt s$at.yaml; done
      unset SOPS_KEYSERVICE SOPS_ENABLE_LOCAL_KEYSERVICE SOPS_TS_AGENT
      for at in $(seq 60 79); do sops-ts decrypt s$at.yaml; done
      sops-ts decrypt --output-dir plain s8*.yaml s9*.yaml >&2; cat plain/s[89]?.yaml`;
    const said = await desk.run(script, work);
    expect(said).toBe('a: secret\n'.repeat(100));
    expect(openings() - before).toBe(1);
  });

  test('ask KMS once for each data key, whoever comes first, also side by side', async () => {
    const work = desk.workFolder();
    for (let at = 0; at < 4; at++) writeFileSync(join(work, `d${at}.yaml`), `a: secret ${at}\n`);
    await desk.run(`sops-ts encrypt -i --kms ${ARN} d*.yaml`, work);
    const before = openings();
    const script = `eval "$(sops-ts agent start)"
      for at in 0 1 2 3; do for try in 1 2; do
        "$SOPS" decrypt d$at.yaml > out-a-$at-$try & sops-ts decrypt d$at.yaml > out-b-$at-$try &
      done; done; wait; cat out-*`;
    const said = await desk.run(script, work);
    expect(said.split('\n').sort().join('\n').trim()).toBe(
      [0, 1, 2, 3].flatMap((at) => Array(4).fill(`a: secret ${at}`)).join('\n'),
    );
    expect(openings() - before).toBe(4);
  });

  test('have a passphrase asked for once, by a program', async () => {
    const work = desk.workFolder();
    const { recipient, env } = await protectedIdentity();
    writeFileSync(join(work, 'p.yaml'), 'a: secret\n');
    const script = `sops-ts encrypt -i --age ${recipient} p.yaml
      eval "$(sops-ts agent start)"
      for at in $(seq 20); do "$SOPS" decrypt p.yaml; sops-ts decrypt p.yaml; done`;
    expect(await desk.run(script, work, env)).toBe('a: secret\n'.repeat(40));
    expect(questions()).toEqual(["Enter passphrase for identity 'SOPS_AGE_KEY_FILE':"]);
  });

  test('are told what to do where nobody can be asked', async () => {
    const work = desk.workFolder();
    const { recipient, env } = await protectedIdentity();
    writeFileSync(join(work, 'p.yaml'), 'a: secret\n');
    const script = `sops-ts encrypt -i --age ${recipient} p.yaml
      eval "$(sops-ts agent start)"; "$SOPS" decrypt p.yaml 2>&1 || true`;
    const said = await desk.run(script, work, { ...env, SOPS_TS_ASKPASS: '' });
    expect(said.replaceAll(/[\s|]+/g, ' ')).toContain('open the file once on a terminal (sops-ts agent unlock FILE)');
  });

  test.skipIf(!TMUX)('have a passphrase asked for once, on the terminal, for all files below', async () => {
    const work = desk.workFolder();
    const { recipient, env } = await protectedIdentity();
    for (let at = 0; at < 10; at++) writeFileSync(join(work, `t${at}.yaml`), `a: secret ${at}\n`);
    await desk.run(`sops-ts encrypt -i --age ${recipient} t*.yaml`, work);
    const terminal = new Terminal(work, { ...desk.env, ...env, SOPS_TS_ASKPASS: '' });
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
    const ran = spawnSync(name, ['-c', `${script}; echo "[$SOPS_KEYSERVICE]"`], { env: desk.env, encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([0, `${desk.socket}\n[]\n`]);
  });
});

describe('an agent', () => {
  test('is one, however many are started at a time', async () => {
    await desk.run('for n in 1 2 3 4; do sops-ts agent start > /dev/null & done; wait');
    const ours = spawnSync('pgrep', ['-f', `${desk.program.file} agent run`], { encoding: 'utf8' });
    expect(ours.stdout.trim()).toBe(String(desk.status().pid));
  });

  test('that was killed is done without, and another takes its place', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'k.yaml'), 'a: secret\n');
    await desk.run(`sops-ts encrypt -i --kms ${ARN} k.yaml; sops-ts agent start > /dev/null`, work);
    process.kill(desk.status().pid, 'SIGKILL');
    const script = `sops-ts agent status 2>&1 && exit 9; sops-ts decrypt k.yaml 2>&1
      sops-ts agent start > /dev/null; sops-ts decrypt k.yaml; sops-ts agent status`;
    const said = await desk.run(`set +e; ${script}`, work);
    expect(said).toMatch(/no key agent answers at .*\n.*start one.*\na: secret\na: secret\n/i);
    expect(said).toMatch(/^data keys: +1$/m);
  });

  test('that was stopped by a signal is told of, and done without', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'q.yaml'), 'a: secret\n');
    await desk.run(`sops-ts encrypt -i --kms ${ARN} q.yaml; sops-ts agent start > /dev/null`, work);
    const { pid } = desk.status();
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await desk.run('sops-ts decrypt q.yaml 2>&1', work)).toMatch(
        /^warning: the key agent does not answer; .*\na: secret\n$/,
      );
      const before = openings();
      await desk.run('sops-ts decrypt --no-agent q.yaml; SOPS_TS_AGENT=0 sops-ts decrypt q.yaml', work);
      expect(openings() - before).toBe(2);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  test.skipIf(!ACTIVATOR)('listens at a socket that the system has opened for it', async () => {
    const socket = join(desk.folder, 'run', 'given.sock');
    const env = { ...desk.env, SOPS_TS_AGENT: socket };
    const passed = Object.keys(env).flatMap((name) => ['-E', name]);
    const words = [...passed, '-l', socket, process.execPath, desk.program.file, 'agent', 'run'];
    const child = spawn(ACTIVATOR ?? '', words, { env, stdio: 'pipe' });
    await new Promise((ready) => child.stderr.once('data', ready));
    chmodSync(socket, 0o600);
    const { said } = desk.runNow('sops-ts agent status', { SOPS_TS_AGENT: socket });
    const ended = new Promise((settle) => child.once('exit', settle));
    child.kill('SIGTERM');
    expect(said).toContain(socket);
    expect(await ended).toBe(0);
  });

  test.skipIf(!ANALYZER)('has units that systemd takes', () => {
    const page = readFileSync(new URL('../../docs/agent.md', import.meta.url), 'utf8');
    const units = [...page.matchAll(/systemd\/user\/([\w.-]+)`:\n\n```ini\n([^`]*)```/g)];
    const paths = units.map(([, name = '', text = '']) => {
      writeFileSync(join(desk.folder, name), text);
      return join(desk.folder, name);
    });
    expect(paths).toHaveLength(2);
    const ran = spawnSync(ANALYZER ?? '', ['--user', 'verify', ...paths], { env: desk.env, encoding: 'utf8' });
    // Of version 253.
    const problems = ran.stderr.split('\n').filter((line) => line !== '' && !line.includes("'MemoryZSwapMax'"));
    expect([ran.status, problems]).toEqual([0, []]);
  });
});

describe('the memory of an agent', () => {
  test('is in no dump, and no limit allows one', async () => {
    await desk.run('ulimit -c unlimited; sops-ts agent start > /dev/null');
    const { pid, guards } = desk.status();
    expect(guards.coreDumps).toBe('off');
    expect(Number(`0x${readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()}`)).toBe(0);
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +1 +1 +bytes/m);
  });

  test('is not written down when it crashes, as that of another program would be', async () => {
    const work = desk.workFolder();
    const crash = (script: string) => `cd ${work}; ulimit -c unlimited; ${script}; kill -SEGV $!; wait $!; ls -A`;
    const control = desk.runNow(crash('sleep 60 & sleep 0.2')).said;
    const leavesDumps = /^core/m.test(control);
    for (const name of readdirSync(work)) rmSync(join(work, name));
    const run = 'sops-ts agent run 2> out & until grep -q answers out; do sleep 0.1; done';
    expect(desk.runNow(crash(run)).said).not.toMatch(/^core/m);
    if (!leavesDumps) announceSkipped(1, 'this system leaves no dumps in the working directory');
  });

  test.skipIf(!isRoot)('has what is kept in one place, and nothing of it when it is locked', async () => {
    const work = desk.workFolder();
    writeFileSync(join(work, 'm.yaml'), 'a: secret\n');
    await desk.run(`sops-ts encrypt -i --kms ${ARN} m.yaml`, work);
    const asked = kms.http.received.findLast(({ headers }) => headers['x-amz-target'] === 'TrentService.Encrypt');
    const dataKey = Buffer.from(JSON.parse(asked?.body ?? '').Plaintext, 'base64');
    await desk.run('sops-ts agent start > /dev/null; for n in 1 2 3; do sops-ts decrypt m.yaml; done', work);
    expect(timesInMemory(desk.status().pid, dataKey)).toBe(1);
    await desk.run('sops-ts agent lock');
    expect(timesInMemory(desk.status().pid, dataKey)).toBe(0);
  });

  test.skipIf(!isRoot || !hasSetpriv)('and its socket are closed to other users', async () => {
    chmodSync(desk.folder, 0o755);
    await desk.run('sops-ts agent start > /dev/null');
    const { pid } = desk.status();
    const asNobody = (script: string) => {
      const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'sh', '-c', script];
      return spawnSync('setpriv', words, { cwd: '/', env: desk.env, encoding: 'utf8' });
    };
    expect(asNobody(`head -c 1 /proc/${pid}/mem`).stderr).toContain('Permission denied');
    expect(asNobody(`cat /proc/${pid}/environ`).stderr).toContain('Permission denied');
    chmodSync(join(desk.folder, 'run'), 0o755);
    const dial = `require('net').connect('${desk.socket}').on('error', (e) => console.log(e.code)).on('connect', () => console.log('in'))`;
    expect(asNobody(`'${process.execPath}' -e "${dial}"`).stdout.trim()).toBe('EACCES');
    chmodSync(join(desk.folder, 'run'), 0o700);
  });

  test.skipIf(!isRoot || !hasSetpriv)('is handed to no agent that another user has put in its place', async () => {
    const place = desk.workFolder();
    chmodSync(place, 0o777);
    const folders = join(place, `sops-ts-${process.geteuid?.()}`);
    const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'sh', '-c'];
    const trap = `mkdir -m 0700 ${folders}; exec '${process.execPath}' -e "require('net').createServer((s) => s.pipe(process.stdout)).listen('${folders}/agent.sock')"`;
    const trapper = spawn('setpriv', [...words, trap], { cwd: '/', env: desk.env, stdio: 'pipe' });
    let heard = '';
    trapper.stdout.on('data', (part) => (heard += part));
    while (!existsSync(join(folders, 'agent.sock'))) await new Promise((settle) => setTimeout(settle, 50));
    writeFileSync(join(place, 'w.yaml'), 'a: secret\n');
    const env = { XDG_RUNTIME_DIR: '', TMPDIR: place };
    const said = await desk.run(`sops-ts encrypt -i --kms ${ARN} w.yaml; sops-ts decrypt w.yaml 2>&1`, place, env);
    trapper.kill();
    expect(said).toMatch(/the key agent is not asked: .* belongs to another user/);
    expect(said).toContain('a: secret');
    expect(heard).toBe('');
  });
});
