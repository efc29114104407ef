/**
 * 500 references to 20 secrets of a Vault that takes 50 milliseconds for each answer, with vals beside it (VALS_BIN, or `vals` on PATH, where there is
 * one). Prints requests and wall time, and the least that the time can be: the start of the program, the question for the mount, and
 * 20 secrets eight at a time. BENCH_RUNS and BENCH_DELAY change the effort.
 *
 * usage: node test/bench/references.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const REFERENCES = 500;
const SECRETS = 20;
const AT_A_TIME = 8;
const program = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const runs = Number(process.env.BENCH_RUNS ?? 5);
const delay = Number(process.env.BENCH_DELAY ?? 50);
const vals = process.env.VALS_BIN || 'vals';
const folder = mkdtempSync(join(tmpdir(), 'sops-ts-bench-'));

let requests = 0;
const server = createServer(async (request, response) => {
  requests += 1;
  await sleep(delay);
  const isMount = request.url.startsWith('/v1/sys/internal/ui/mounts/');
  const mount = { path: 'kv/', type: 'kv', options: { version: '2' } };
  const data = isMount ? mount : { data: { k: request.url }, metadata: { version: 1 } };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  VAULT_ADDR: `http://127.0.0.1:${server.address().port}`,
  VAULT_TOKEN: 'token',
};
const lines = Array.from({ length: REFERENCES }, (_, at) => `k${at}: ref+vault://kv/secret-${at % SECRETS}#/k\n`);
writeFileSync(join(folder, 'refs.yaml'), lines.join(''));

/** Milliseconds and output of one run; the server answers meanwhile. */
async function timed(file, args) {
  const start = performance.now();
  const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const parts = [];
  child.stdout.on('data', (part) => parts.push(part));
  const status = await new Promise((end) => child.on('close', end));
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return { milliseconds: performance.now() - start, out: Buffer.concat(parts).toString() };
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

const json = ['-f', 'refs.yaml', '-o', 'json'];
const programs = {
  start: [process.execPath, [program, 'refs', 'get', 'ref+echo://a/b']],
  'sops-ts': [process.execPath, [program, 'refs', 'eval', ...json]],
  ...(spawnSync(vals, ['version'], { stdio: 'ignore' }).status === 0 ? { vals: [vals, ['eval', ...json]] } : {}),
};

/** In turns, since what else the machine does changes from minute to minute. */
async function measure() {
  const found = Object.fromEntries(Object.keys(programs).map((name) => [name, { times: [], requests: 0, out: '' }]));
  for (let run = 0; run < runs; run++) {
    for (const [name, [file, args]] of Object.entries(programs)) {
      requests = 0;
      const { milliseconds, out } = await timed(file, args);
      found[name].times.push(milliseconds);
      Object.assign(found[name], { requests, out });
    }
  }
  return found;
}

try {
  const found = await measure();
  for (const [name, { times, requests }] of Object.entries(found)) {
    console.log(
      `${name.padEnd(10)} ${median(times).toFixed(0).padStart(6)} ms  ${String(requests).padStart(4)} requests`,
    );
  }
  const chain = delay * (1 + Math.ceil(SECRETS / AT_A_TIME));
  const ratios = found['sops-ts'].times.map((time, run) => time / (found.start.times[run] + chain));
  console.log(
    `sops-ts takes ${median(ratios).toFixed(2)} times its start and the slowest chain of answers (${chain} ms)`,
  );
  if (!found.vals) console.log('vals       is not there (VALS_BIN)');
  else if (found.vals.out !== found['sops-ts'].out) throw new Error('vals and sops-ts print different values');
} finally {
  server.close();
  rmSync(folder, { recursive: true });
}
