/**
 * `check` of a large repository: 100,000 files of a kilobyte, 500 of them encrypted. Prints wall time and peak memory of each run, and how
 * long reading all those files takes by itself, which is the least it can be. BENCH_FILES and BENCH_RUNS change the effort.
 *
 * usage: node test/bench/repository.mjs
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateAgeKey } from '../../dist/index.js';

const program = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const files = Number(process.env.BENCH_FILES ?? 100_000);
const runs = Number(process.env.BENCH_RUNS ?? 5);
const encrypted = Math.ceil(files / 200);
const ENDINGS = ['ts', 'md', 'yaml', 'json', 'txt', 'js', 'go', 'html'];
const folder = mkdtempSync(join(tmpdir(), 'sops-ts-bench-'));
const { recipient } = await generateAgeKey();
const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null' };

function run(file, args, input) {
  const done = spawnSync(file, args, { cwd: folder, env, input, maxBuffer: 2 ** 30 });
  if (done.status !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${done.stderr}`);
  return done.stdout;
}

function write(path, content) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function makeRepository() {
  const rules = `creation_rules:\n  - path_regex: ^secrets/.*\\.yaml$\n    age: ${recipient}\n  - path_regex: (^|/)prod\\.enc\\.(json|env)$\n    age: ${recipient}\n`;
  write('.sops.yaml', rules);
  const plain = 'password: one\nuser: two\nlist: [1, 2, 3]\nmap:\n    a: b\n    c: d\n';
  const sealed = run(process.execPath, [program, 'encrypt', '--filename-override', 'secrets/a.yaml'], plain);
  for (let at = 0; at < encrypted; at++) write(`secrets/${at}.yaml`, sealed);
  const text = 'some words of an ordinary file with nothing in it at all\n'.repeat(18);
  for (let at = encrypted; at < files; at++)
    write(`d${at % 100}/e${at % 2000}/${at}.${ENDINGS[at % ENDINGS.length]}`, `${text}${at}\n`);
  run('git', ['init', '--quiet']);
  run('git', ['add', '--all']);
}

/** Milliseconds for nothing but listing, opening and reading. */
function floor() {
  const start = performance.now();
  const names = run('git', ['ls-files', '-z']).toString().split('\0').slice(0, -1);
  const bytes = Buffer.alloc(1 << 16);
  for (const name of names) {
    const descriptor = openSync(join(folder, name), 'r');
    readSync(descriptor, bytes, 0, bytes.length, 0);
    closeSync(descriptor);
  }
  return performance.now() - start;
}

makeRepository();
for (let at = 0; at < runs; at++) {
  const least = floor();
  const start = performance.now();
  const counted = `process.on('exit', () => console.error(process.resourceUsage().maxRSS >> 10))`;
  const preload = `data:text/javascript,${encodeURIComponent(counted)}`;
  const done = spawnSync(process.execPath, ['--import', preload, program, 'check'], { cwd: folder, env });
  const time = performance.now() - start;
  if (done.status !== 0) throw new Error(`check ended with ${done.status}: ${done.stdout}${done.stderr}`);
  console.log(`${Math.round(time)} ms, ${String(done.stderr).trim()} MiB; reading alone ${Math.round(least)} ms`);
}
rmSync(folder, { recursive: true });
