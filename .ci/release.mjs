/**
 * What a release is held to, and what of it is not a build (CONTRIBUTING.md#releasing).
 *
 * usage: node .ci/release.mjs check [vVERSION]     fails where something must be filled in first
 *        node .ci/release.mjs notes                prints what CHANGELOG.md says of the version
 *        node .ci/release.mjs pack FOLDER          the package as npm publishes it, with its bill of materials, into FOLDER
 *        node .ci/release.mjs try FOLDER TARGET    runs the executable of FOLDER for this machine
 *        node .ci/release.mjs mirror FOLDER        writes the repository by which pre-commit installs the version
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.env.SOPS_TS_RELEASE_ROOT ?? fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { version } = manifest;

/** What stands where whoever publishes must say who that is: no account of GitHub can have the name. */
const PLACEHOLDER = '<owner>';

/** What is wrong with a release of a tag. */
function problems(tag) {
  const found = [];
  for (const [field, text] of [['repository', manifest.repository?.url], ['homepage', manifest.homepage], ['bugs', manifest.bugs?.url]]) {
    if (!text) found.push(`package.json lacks ${field}`);
    else if (text.includes(`/${PLACEHOLDER}/`)) found.push(`package.json: ${field} still says ${PLACEHOLDER}: write the owner of the repository`);
  }
  const pages = ['docs/check.md', 'docs/git.md'].map((page) => [page, readFileSync(join(root, page), 'utf8')]);
  for (const [page, text] of pages) if (text.includes(`${PLACEHOLDER}/`)) found.push(`${page} shows a repository of ${PLACEHOLDER}`);
  if (!pages[0][1].includes(`/sops-ts@v${version} `)) found.push(`docs/check.md shows the action of another version than ${version}`);
  if (tag !== undefined && tag !== `v${version}`) found.push(`the tag ${tag} is not that of package.json, v${version}`);
  const repository = process.env.GITHUB_REPOSITORY;
  if (repository && !manifest.repository?.url?.endsWith(`github.com/${repository}.git`)) found.push(`package.json: repository is not ${repository}, where this runs: npm refuses its provenance`);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  if (lock.version !== version || lock.packages[''].version !== version) found.push('package-lock.json has another version: run npm install --package-lock-only');
  if (!readFileSync(join(root, 'action.yml'), 'utf8').includes(`default: ${version}\n`)) found.push(`action.yml takes another version by default than ${version}`);
  if (entryOf(version) === undefined) found.push(`CHANGELOG.md has no entry "## ${version}": what stands under Unreleased goes there`);
  return found;
}

/** What CHANGELOG.md says of a version; undefined without an entry, or an empty one. */
function entryOf(name) {
  const [, ...sections] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === name);
  return section?.slice(section.indexOf('\n')).trim() || undefined;
}

/** What package.json says is in the package. */
function namedFiles() {
  const entries = Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)));
  return [...entries, ...Object.values(manifest.bin), ...manifest.man, manifest.types];
}

/** npm packs what is there, also half of it. */
function pack(folder) {
  const absent = namedFiles().filter((name) => !existsSync(join(root, name)));
  if (absent.length > 0) throw new Error(`npm run build makes what is absent: ${absent.join(', ')}`);
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
  copyFileSync(join(root, 'dist/sbom.cdx.json'), join(folder, `sops-ts-v${version}-npm.cdx.json`));
}

/** Encrypts and decrypts with the executable, in a folder of its own. */
function tryExecutable(folder, target) {
  const file = join(folder, `sops-ts-v${version}-${target}${target.startsWith('windows') ? '.exe' : ''}`);
  const scratch = mkdtempSync(join(tmpdir(), 'sops-ts-try-'));
  const env = { ...process.env, HOME: scratch, XDG_CONFIG_HOME: scratch, APPDATA: scratch, SOPS_AGE_KEY_FILE: '', SOPS_AGE_KEY: '' };
  // An artifact of a workflow keeps no modes.
  chmodSync(file, 0o755);
  const run = (...words) => execFileSync(file, words, { cwd: scratch, env, encoding: 'utf8' });
  try {
    run('init', '--yes');
    mkdirSync(join(scratch, 'secrets'), { recursive: true });
    const plain = 'password: hunter2 # of the shop\n';
    writeFileSync(join(scratch, 'secrets/app.yaml'), plain);
    run('encrypt', '--in-place', 'secrets/app.yaml');
    if (readFileSync(join(scratch, 'secrets/app.yaml'), 'utf8').includes('hunter2')) throw new Error('it encrypts nothing');
    if (run('decrypt', 'secrets/app.yaml') !== plain) throw new Error('it decrypts to another text');
    console.log(`${file}: ${run('--version').split('\n', 1)[0]}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The files that docs/git.md shows, with the version. */
function writeMirror(folder) {
  const page = readFileSync(join(root, 'docs/git.md'), 'utf8');
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', '.pre-commit-hooks.yaml']) {
    const [, text] = page.split(`\`${name}\`:\n\n\`\`\``)[1]?.split('```', 1)[0].match(/^\w+\n([\s\S]*)$/) ?? [];
    if (text === undefined) throw new Error(`docs/git.md does not show ${name} any more`);
    writeFileSync(join(folder, name), text.replaceAll('X.Y.Z', version));
  }
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'check') {
  const found = problems(words[0]);
  for (const one of found) console.error(one);
  process.exitCode = found.length > 0 ? 1 : 0;
} else if (verb === 'notes') {
  const entry = entryOf(version);
  if (entry === undefined) throw new Error(`CHANGELOG.md has no entry ${version}`);
  console.log(entry);
} else if (verb === 'pack') pack(resolve(words[0]));
else if (verb === 'try') tryExecutable(resolve(words[0]), words[1]);
else if (verb === 'mirror') writeMirror(resolve(words[0]));
else throw new Error('usage: node .ci/release.mjs check|notes|pack|try|mirror');
