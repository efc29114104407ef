/**
 * Builds the executable, one file that needs no Node: the program's modules, compiled by Bun (docs/executable.md).
 *
 * usage: node .ci/standalone.mjs [--target linux-arm64] … [--all]
 *
 * Bun itself is taken from npm, at one version whose digests stand here; SOPS_TS_BUN names another program. What was decided on each flag
 * stands in docs/decisions.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GCP_KEY, KMS_KEY, startGcpKms, startKms } from './kms-stand-in.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = join(root, 'release');
const CACHE = join(root, 'node_modules', '.cache');

const VERSION = '1.4.5';
/** Bun's own packages, by what they are for, with their digests. */
const BUN = {
  'linux-x64': ['linux-x64', 'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g=='],
  'linux-arm64': ['linux-aarch64', 'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg=='],
  'linux-x64-musl': ['linux-x64-musl', 'sha512-10QoW/YfTgnURaGEaHpJCiXjLI2e5iTtfVDaA5JKcyUzaa1cq6cVUY9/Uq5XkYzvtRjHLRe9Oj/lTDIQcxy8HQ=='],
  'darwin-arm64': ['darwin-aarch64', 'sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ=='],
  'darwin-x64': ['darwin-x64', 'sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg=='],
  'windows-x64': ['windows-x64', 'sha512-FNvply651vcE/GHgNWz6mZvhmkwBuu8Hw54oNzA+CQog+HW+542rXQmZqNHRkFxazD9L3xi+iTtvO3engAgJfw=='],
};

/** What is built, by the names of the files; the words are Bun's. */
const TARGETS = {
  'linux-x64': 'bun-linux-x64',
  'linux-arm64': 'bun-linux-arm64',
  'linux-x64-musl': 'bun-linux-x64-musl',
  'darwin-x64': 'bun-darwin-x64',
  'darwin-arm64': 'bun-darwin-arm64',
  'windows-x64': 'bun-windows-x64',
};
const HERE = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

/** Without the last two a file of the folder where it is started could make it run code. */
const FLAGS = ['--compile', '--minify', '--bytecode', '--format', 'esm', '--splitting', '--compile-jit-policy=100', '--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];

/** The status of a build for which Bun cannot be fetched: EX_UNAVAILABLE. Whatever else goes wrong is a fault of the build. */
const NO_BUN = 69;

/** The path of Bun for a target, fetched once. */
function findBun(target) {
  const [name, digest] = BUN[target] ?? [];
  if (name === undefined) throw new Error(`Bun is not known for ${target}: name one by SOPS_TS_BUN`);
  const file = join(CACHE, `bun-${VERSION}-${name}`, 'bin', target.startsWith('windows') ? 'bun.exe' : 'bun');
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'bun-'));
  const wanted = `@oven/bun-${name}@${VERSION}`;
  const { status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder, wanted], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [archive] = readdirSync(folder);
  if (status !== 0 || archive === undefined) {
    rmSync(folder, { recursive: true });
    console.error(`npm cannot fetch ${wanted}; SOPS_TS_BUN names a Bun that is there`);
    process.exit(NO_BUN);
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(join(folder, archive))).digest('base64')}`;
  if (found !== digest) throw new Error(`${wanted} has the digest ${found}, and should have ${digest}`);
  execFileSync('tar', ['xzf', archive], { cwd: folder });
  rmSync(join(folder, archive));
  rmSync(dirname(dirname(file)), { recursive: true, force: true });
  renameSync(join(folder, 'package'), dirname(dirname(file)));
  rmSync(folder, { recursive: true });
  return file;
}

/** What makes the file one for another system. Bun would fetch what it puts into that by itself, and look at no digest of ours. */
function flagsFor(target) {
  if (target === HERE) return [];
  const runtime = process.env.SOPS_TS_BUN ? [] : [`--compile-executable-path=${findBun(target)}`];
  return [`--target=${TARGETS[target]}`, ...runtime];
}

function compile(bun, modules, outfile, more) {
  const { status } = spawnSync(bun, ['build', ...FLAGS, ...more, '--outfile', outfile, join(modules, 'start.js')], { cwd: modules, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`Bun ended with ${status}`);
}

const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  user: app\n  password: hunter2\n';

/** Runs what is run most often, each time writing down which functions are needed, in order: an executable that has them so reads less. */
async function learnOrders(program, folder) {
  const run = (words, { env = {}, input = '' } = {}) => {
    const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, input, env: { PATH: process.env.PATH, HOME: folder, ...env } });
    if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
    return stdout.toString();
  };
  run(['init', '--yes']);
  const [keys] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('keys.txt'));
  const [recipient] = /age1[a-z0-9]+/.exec(readFileSync(join(folder, keys), 'utf8')) ?? [];
  writeFileSync(join(folder, 'secret.enc.yaml'), run(['encrypt', '--config', '/dev/null', '--age', recipient, '--encrypted-regex', '^(data|stringData)$', '--filename-override', 's.yaml'], { input: SECRET }));
  writeFileSync(join(folder, 'app.enc.env'), run(['encrypt', '--config', '/dev/null', '--age', recipient, '--filename-override', 'app.env'], { input: 'A=1\n' }));
  const generator = { apiVersion: 'viaduct.ai/v1', kind: 'ksops', metadata: { name: 'g', annotations: { 'config.kubernetes.io/local-config': 'true' } }, files: ['secret.enc.yaml'] };
  const list = JSON.stringify({ kind: 'ResourceList', items: [generator], functionConfig: generator });
  if (!run(['as', 'ksops'], { input: list }).includes('hunter2')) throw new Error('the generator gives nothing, so what it runs shows nothing');
  const [kms, gcpKms] = await Promise.all([startKms(), startGcpKms()]);
  const seal = (name, flag, key, { env }) => writeFileSync(join(folder, name), run(['encrypt', '--config', '/dev/null', flag, key, '--filename-override', 's.yaml'], { input: SECRET, env }));
  try {
    seal('kms.enc.yaml', '--kms', KMS_KEY, kms);
    seal('gcp-kms.enc.yaml', '--gcp-kms', GCP_KEY, gcpKms);
    const kinds = [
      { words: ['decrypt', 'secret.enc.yaml'] },
      { words: ['as', 'ksops'], input: list },
      { words: ['exec-env', 'app.enc.env', 'true'] },
      { words: ['decrypt', 'kms.enc.yaml'], env: kms.env },
      { words: ['decrypt', 'gcp-kms.enc.yaml'], env: gcpKms.env },
    ];
    return kinds.map(({ words, input, env }, at) => {
      const order = join(folder, `order-${at}`);
      run(words, { env: { ...env, BUN_BYTECODE_ORDER_OUT: order }, input });
      return order;
    });
  } finally {
    kms.stop();
    gcpKms.stop();
  }
}

/** Its package has no text of a licence. */
const BUN_NOTICE = `
${'-'.repeat(80)}

bun ${VERSION}, in the executables

Licence: MIT. It links JavaScriptCore, under the LGPL-2.0; that and all other parts with their licences, and how to link it anew:
https://bun.com/docs/project/licensing
`;

/** The bill of materials with the runtime that is in the executables, too. */
function billWithBun(text) {
  const bill = JSON.parse(text);
  const ref = `pkg:npm/bun@${VERSION}`;
  bill.components.push({ type: 'platform', 'bom-ref': ref, name: 'bun', version: VERSION, purl: ref, licenses: [{ expression: 'MIT' }] });
  for (const { dependsOn } of bill.dependencies) dependsOn.push(ref);
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function nameFor(target) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return `sops-ts-v${version}-${target}${target.startsWith('windows') ? '.exe' : ''}`;
}

function targetsIn(words) {
  if (words.includes('--all')) return Object.keys(TARGETS);
  const named = words.flatMap((word, at) => (word === '--target' ? [words[at + 1]] : []));
  const unknown = named.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(TARGETS).join(', ')}`);
  return named.length > 0 ? named : [HERE];
}

const targets = targetsIn(process.argv.slice(2));
const bun = process.env.SOPS_TS_BUN || findBun(HERE);
const work = mkdtempSync(join(tmpdir(), 'sops-ts-standalone-'));
try {
  const modules = join(work, 'modules');
  execFileSync(process.execPath, [join(root, '.ci/build.mjs'), '--modules', modules], { stdio: 'inherit' });
  const trial = join(work, nameFor(HERE));
  compile(bun, modules, trial, []);
  const runs = join(work, 'runs');
  mkdirSync(runs);
  const orders = (await learnOrders(trial, runs)).map((file) => `--bytecode-order=${file}`);
  mkdirSync(OUTPUT, { recursive: true });
  for (const target of targets) {
    const file = join(OUTPUT, nameFor(target));
    compile(bun, modules, file, [...orders, ...flagsFor(target)]);
    console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
  }
  writeFileSync(join(OUTPUT, 'THIRD-PARTY-NOTICES.txt'), readFileSync(join(modules, 'THIRD-PARTY-NOTICES.txt'), 'utf8') + BUN_NOTICE);
  writeFileSync(join(OUTPUT, nameFor('executables.cdx.json')), billWithBun(readFileSync(join(modules, 'sbom.cdx.json'), 'utf8')));
  const built = readdirSync(OUTPUT).filter((name) => name.startsWith(nameFor('')) && !name.endsWith('.json')).sort();
  const sums = built.map((name) => `${createHash('sha256').update(readFileSync(join(OUTPUT, name))).digest('hex')}  ${name}\n`);
  writeFileSync(join(OUTPUT, 'SHA256SUMS'), sums.join(''));
} finally {
  rmSync(work, { recursive: true, force: true });
}
