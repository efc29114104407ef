/**
 * Start-up, throughput, memory and growth of sops-ts, next to `sops` (on PATH or in SOPS_BIN) when there is one.
 * Prints medians of CPU time (user and system). Needs bash, and python3 for the memory column. BENCH_RUNS and BENCH_SIZES change the effort.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { generateAgeKey } from '../../dist/index.js';
import { documentOf } from './documents.mjs';

const program = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const runs = Number(process.env.BENCH_RUNS ?? 5);
const sizes = (process.env.BENCH_SIZES ?? '1000,10000,100000').split(',').map(Number);
const sops = findSops();
const folder = mkdtempSync(join(tmpdir(), 'sops-ts-bench-'));
const key = await generateAgeKey();
const keyFile = join(folder, 'keys.txt');
writeFileSync(keyFile, `${key.identity}\n`, { mode: 0o600 });
// Node reads the certificates named there at each start, which takes it twice as long as all else and says nothing about the program.
const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
const env = { ...inherited, SOPS_AGE_KEY_FILE: keyFile, SOPS_DISABLE_VERSION_CHECK: '1', HOME: folder };

const OURS = [process.execPath, program];

function findSops() {
  const named = process.env.SOPS_BIN ?? 'sops';
  return spawnSync(named, ['--version', '--disable-version-check']).status === 0 ? named : undefined;
}

/** Runs a command with its output in a file or nowhere; returns its CPU time in milliseconds. */
function measure(command, output = '/dev/null') {
  const script = 'TIMEFORMAT="%U %S"; out=$1; shift; time "$@" > "$out"';
  const done = spawnSync('bash', ['-c', script, 'bash', output, ...command], { env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command.join(' ')} failed: ${done.stderr}`);
  const [user = 0, system = 0] = (done.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return (user + system) * 1000;
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

/** Median CPU time of a command in milliseconds. */
function cpu(command, output, times = runs) {
  return median(Array.from({ length: times }, () => measure(command, output)));
}

/** Peak memory of a command in MiB, from the kernel's count for children. */
function peak(command) {
  const script = `
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)`
    .replace(/^\n/, '')
    .replace(/^ {4}/gm, '');
  const done = spawnSync('python3', ['-c', script, ...command], { env, encoding: 'utf8' });
  return done.status === 0 ? Number(done.stdout) : undefined;
}

function row(...cells) {
  console.log(cells.map((cell, index) => (index === 0 ? String(cell).padEnd(34) : String(cell).padStart(12))).join(''));
}

const ms = (value) => `${value.toFixed(0)} ms`;
const ratio = (one, other) => (other === undefined ? '-' : (one / other).toFixed(2));

function startUp() {
  const small = join(folder, 'small.yaml');
  writeFileSync(join(folder, 'small-plain.yaml'), 'database:\n  user: app\n  password: hunter2\n');
  measure([...OURS, 'encrypt', '--age', key.recipient, join(folder, 'small-plain.yaml')], small);
  const times = runs * 4;
  const bare = cpu([process.execPath, '-e', '0'], undefined, times);
  const version = cpu([...OURS, '--version'], undefined, times);
  const decrypt = cpu([...OURS, 'decrypt', small], undefined, times);
  console.log('\nstart-up, CPU time');
  row('bare runtime (node -e 0)', ms(bare));
  row('sops-ts --version', ms(version), `+${ms(version - bare)}`);
  row('sops-ts decrypt small.yaml', ms(decrypt), `+${ms(decrypt - bare)}`);
  if (sops) row('sops decrypt small.yaml', ms(cpu([sops, 'decrypt', small], undefined, times)));
}

function throughput(format) {
  console.log(`\n${format}, ${HEADING}`);
  const history = { encrypt: [], decrypt: [] };
  for (const size of sizes) {
    const times = bothWays(`${size} leaves`, `${size}.${format}`, documentOf(format, size), size >= 100_000 ? 1 : runs);
    for (const [verb, time] of Object.entries(times)) history[verb].push([size, time]);
  }
  for (const [verb, points] of Object.entries(history)) {
    const [first, last] = [points.at(-2), points.at(-1)];
    if (!first || !last) continue;
    const exponent = Math.log(last[1] / first[1]) / Math.log(last[0] / first[0]);
    row(`${verb}: growth exponent`, exponent.toFixed(2));
  }
}

const HEADING = 'CPU time (ours, sops, ratio), peak memory in MiB (ours, sops)';

/** Encrypts and decrypts one file, prints a row for each, and returns our times. `times`: how often sops is run. */
function bothWays(what, name, content, times) {
  const plain = join(folder, name);
  const sealed = join(folder, `sealed.${name}`);
  writeFileSync(plain, content);
  const commands = { encrypt: ['encrypt', '--age', key.recipient, plain], decrypt: ['decrypt', sealed] };
  return Object.fromEntries(
    Object.entries(commands).map(([verb, args]) => {
      const ours = cpu([...OURS, ...args], verb === 'encrypt' ? sealed : undefined);
      const theirs = sops && cpu([sops, ...args], undefined, times);
      const memory = [peak([...OURS, ...args]), sops && peak([sops, ...args])];
      const against = [theirs ? ms(theirs) : '-', ratio(ours, theirs)];
      row(`${verb} ${what}`, ms(ours), ...against, memory[0] ?? '-', memory[1] ?? '-');
      return [verb, ours];
    }),
  );
}

/** Files that are not text (keystores, archives), and dotenv and INI files of many keys. */
function otherFiles() {
  console.log(`\nother files, ${HEADING}`);
  for (const megabytes of [10, 100]) {
    bothWays(`${megabytes} MB of random bytes`, `random-${megabytes}.bin`, randomBytes(megabytes * 1e6), 1);
  }
  bothWays('compressed text', 'text.gz', gzipSync(documentOf('json', 1_000_000)), 1);
  const keys = (from, count, mark) =>
    Array.from({ length: count }, (_, at) => `KEY_${from + at}${mark}value-${from + at}\n`).join('');
  // In sections, since SOPS takes quadratic time for a large one.
  const sections = Array.from({ length: 300 }, (_, at) => `[section_${at}]\n${keys(at * 1000, 1000, ' = ')}\n`).join(
    '',
  );
  for (const [format, text, place] of [
    ['env', keys(0, 300_000, '='), '["KEY_7001"]'],
    ['ini', sections, '["section_7"]["KEY_7001"]'],
  ]) {
    const name = `many.${format}`;
    bothWays(`300000 keys, ${format}`, name, text, 1);
    changes(`300000 keys, ${format}`, `sealed.${name}`, place);
  }
}

/** Gives a file a new data key and changes a value of it, each in a copy that SOPS changes, too. */
function changes(what, name, place) {
  const copy = join(folder, `copy.${name}`);
  const anew = (command, task) => {
    copyFileSync(join(folder, name), copy);
    return task(command);
  };
  for (const words of [
    ['rotate', '-i', copy],
    ['set', copy, place, '"other"'],
  ]) {
    const [ours, theirs] = [[...OURS, ...words], sops && [sops, ...words]];
    const times = [anew(ours, measure), theirs && anew(theirs, measure)];
    const memory = [anew(ours, peak), theirs && anew(theirs, peak)];
    row(
      `${words[0]} ${what}`,
      ms(times[0]),
      times[1] ? ms(times[1]) : '-',
      ratio(...times),
      memory[0] ?? '-',
      memory[1] ?? '-',
    );
  }
}

/** Many encrypted Secrets in one build: one run of the plug-in for all, beside ksops, which has one for each generator. */
function manySecrets(count) {
  const files = Array.from({ length: count }, (_, at) => join(folder, `s${at}.enc.yaml`));
  for (const [at, file] of files.entries()) {
    const plain = join(folder, `s${at}.yaml`);
    writeFileSync(plain, `apiVersion: v1\nkind: Secret\nmetadata:\n  name: s${at}\nstringData:\n  password: p${at}\n`);
    if (at > 0) continue;
    measure([...OURS, 'encrypt', '--age', key.recipient, '--encrypted-regex', '^stringData$', plain], file);
  }
  const template = readFileSync(files[0], 'utf8');
  for (const file of files) writeFileSync(file, template);
  const listed = (names) =>
    `apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nsecretFrom:\n${names
      .map((file, at) => `- metadata: {name: n${at}}\n  files: [${JSON.stringify(file)}]\n`)
      .join('')}`;
  const all = join(folder, 'all.yaml');
  const one = join(folder, 'one.yaml');
  writeFileSync(all, listed(files));
  writeFileSync(one, listed(files.slice(0, 1)));
  const plugin = [process.execPath, fileURLToPath(new URL('../../bin/sops-ts-kustomize.js', import.meta.url))];
  console.log(`\n${count} encrypted Secrets, CPU time`);
  const ours = cpu([...plugin, all]);
  row('sops-ts-kustomize, one run for all', ms(ours));
  row('sops-ts-kustomize, one Secret', ms(cpu([...plugin, one])));
  const ksops = process.env.KSOPS_BIN;
  if (!ksops) return;
  const each = cpu([ksops, one], undefined, runs * 4);
  row(`ksops, ${count} runs`, ms(each * count), ratio(ours, each * count));
}

/** A build of many generators, which ours makes in one process; next to kustomize with ksops (KUSTOMIZE_BIN, KSOPS_BIN). */
function build(count) {
  const { KUSTOMIZE_BIN: kustomize, KSOPS_BIN: ksops } = process.env;
  if (!kustomize || !ksops) return;
  const [tree, bin] = [join(folder, 'tree'), join(folder, 'bin')];
  for (const one of [tree, bin]) mkdirSync(one);
  symlinkSync(kustomize, join(bin, 'kustomize'));
  symlinkSync(ksops, join(bin, 'ksops'));
  const plain = join(folder, 'generated.yaml');
  const names = Array.from({ length: count }, (_, at) => `g${at}`);
  for (const name of names) {
    writeFileSync(plain, `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData:\n  password: p\n`);
    const words = ['encrypt', '--age', key.recipient, '--encrypted-regex', '^stringData$', plain];
    measure([...OURS, ...words], join(tree, `${name}.enc.yaml`));
    const annotations = '{config.kubernetes.io/function: "exec: {path: ksops}"}';
    const metadata = `{name: ${name}, annotations: ${annotations}}`;
    const generator = `apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: ${metadata}\nfiles: [${name}.enc.yaml]\n`;
    writeFileSync(join(tree, `${name}.yaml`), generator);
  }
  writeFileSync(join(tree, 'kustomization.yaml'), `generators: [${names.map((name) => `${name}.yaml`).join(', ')}]\n`);
  const within = (command) => cpu(['env', `PATH=${bin}:${process.env.PATH}`, ...command]);
  const theirs = within([kustomize, 'build', '--enable-alpha-plugins', '--enable-exec', tree]);
  const ours = within([...OURS, 'kustomize', 'build', tree]);
  console.log(`\na build of ${count} generators, CPU time`);
  row('kustomize with ksops', ms(theirs));
  row('sops-ts kustomize build', ms(ours), ratio(ours, theirs));
}

/** What an install brings, as npm packs it. */
function packageSize() {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const done = spawnSync('npm', words, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  const told = JSON.parse(done.stdout);
  const { size, unpackedSize, entryCount } = Array.isArray(told) ? told[0] : Object.values(told)[0];
  console.log('\nthe package (budget: 1.75 MB, 6 MB, 1 package; test/integration/package-managers.test.ts)');
  row('fetched', `${(size / 1e6).toFixed(2)} MB`);
  row('installed', `${(unpackedSize / 1e6).toFixed(2)} MB in ${entryCount} files, 1 package`);
}

try {
  console.log(`node ${process.version}; ${sops ? `sops: ${sops}` : 'no sops found: set SOPS_BIN to compare'}`);
  startUp();
  manySecrets(200);
  build(50);
  for (const format of ['yaml', 'json']) throughput(format);
  otherFiles();
  packageSize();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
