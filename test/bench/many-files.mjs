/**
 * Many small age files (the end of `npm run bench`): `encrypt -i` and `decrypt -i` of a folder next to one `sops` process a file, and `updatekeys` next to
 * `sops updatekeys` of all in one process. Prints wall times, their ratios, and peak memory for some numbers of files. Needs an idle machine, python3, and
 * for the ratios `sops` on PATH or in SOPS_BIN. BENCH_FILES gives the number of files (1000).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateAgeKey } from '../../dist/index.js';

const program = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const sops = process.env.SOPS_BIN ?? 'sops';
const hasSops = spawnSync(sops, ['--version', '--disable-version-check']).status === 0;
const files = Number(process.env.BENCH_FILES ?? 1000);
const folder = mkdtempSync(join(tmpdir(), 'sops-ts-many-'));
const [own, other] = [await generateAgeKey(), await generateAgeKey()];
writeFileSync(join(folder, 'keys.txt'), `${own.identity}\n`, { mode: 0o600 });
const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
const env = {
  ...inherited,
  SOPS_AGE_KEY_FILE: join(folder, 'keys.txt'),
  SOPS_DISABLE_VERSION_CHECK: '1',
  HOME: folder,
};

function layOut(count) {
  rmSync(join(folder, 'secrets'), { recursive: true, force: true });
  mkdirSync(join(folder, 'secrets'));
  configure(own);
  for (let at = 0; at < count; at++) {
    const text = `name: svc-${at}\ndb:\n  user: admin\n  password: "pass-${at}"\n  port: 5432\napi_key: abcdef${at}\n`;
    writeFileSync(join(folder, 'secrets', `f${at}.yaml`), text);
  }
}

function configure(...keys) {
  const recipients = keys.map(({ recipient }) => recipient).join(',');
  writeFileSync(join(folder, '.sops.yaml'), `creation_rules:\n  - path_regex: ^secrets/\n    age: ${recipients}\n`);
}

/** Wall time in seconds, and peak memory in MiB. */
function run(command, ...words) {
  const script = `
import resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(status, time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)`;
  const done = spawnSync('python3', ['-c', script, ...command, ...words], { cwd: folder, env, encoding: 'utf8' });
  const [status, seconds, memory] = done.stdout.trim().split(' ').map(Number);
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${done.stderr}`);
  return { seconds, memory };
}

const OURS = [process.execPath, program];
const paths = () => readdirSync(join(folder, 'secrets')).map((name) => join('secrets', name));

/** One process for each of some of the files, and what that comes to for all. */
function oneByOne(verb) {
  const some = paths().slice(0, Math.ceil(files / 10));
  return (some.reduce((sum, path) => sum + run([sops], verb, '-i', path).seconds, 0) / some.length) * files;
}

function tell(what, ours, theirs) {
  console.log(
    `${what}: ${ours.toFixed(2)} s, sops ${theirs.toFixed(2)} s, ${(theirs / ours).toFixed(1)} times as fast`,
  );
}

try {
  layOut(files);
  const encrypted = run(OURS, 'encrypt', '-i', 'secrets').seconds;
  const decrypted = run(OURS, 'decrypt', '-i', 'secrets').seconds;
  if (hasSops) {
    tell(`encrypt -i of ${files}`, encrypted, oneByOne('encrypt'));
    tell(`decrypt -i of ${files}`, decrypted, oneByOne('decrypt'));
  } else console.log(`encrypt -i of ${files}: ${encrypted.toFixed(2)} s, decrypt -i: ${decrypted.toFixed(2)} s`);
  run(OURS, 'encrypt', '-i', 'secrets');
  configure(own, other);
  const updated = run(OURS, 'updatekeys', '-y', 'secrets').seconds;
  if (hasSops) {
    configure(own);
    run([sops], 'updatekeys', '-y', ...paths());
    configure(own, other);
    tell(`updatekeys -y of ${files}`, updated, run([sops], 'updatekeys', '-y', ...paths()).seconds);
  } else console.log(`updatekeys -y of ${files}: ${updated.toFixed(2)} s`);
  for (const count of [files / 4, files, files * 4]) {
    layOut(count);
    console.log(`peak memory of encrypt -i with ${count} files: ${run(OURS, 'encrypt', '-i', 'secrets').memory} MiB`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
