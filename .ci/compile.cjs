/**
 * Compiles the program's files for the Node that runs this, as far as the most usual commands run them, and puts V8's code beside
 * each; bin/load.js takes it when the file and Node are the same.
 *
 * usage: node .ci/compile.cjs FOLDER
 */
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { Readable, Writable } = require('node:stream');
const { codeFileOf, hashOf, run, scriptOf } = require('../bin/load.js');

const YAML = `# What most files hold.
database:
    user: app
    password: "p4ss" # inline
    port: 5432
    ratio: 0.5
    enabled: true
    empty: null
hosts:
    - one
    - 'two'
    - name: three
text: |
    several
    lines
`;
/** Large enough for values to be decrypted many at a time. */
const JSON_TEXT = `{\n${Array.from({ length: 1500 }, (_, at) => `  "k${at}": [${at}, true, "v\\u00e9", {"a": 0.5}]`).join(',\n')}\n}\n`;
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n';
const GENERATOR = 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.enc.yaml]\n';

/** Runs a command line with streams of its own; returns what it prints. */
async function start(main, words, { cwd, env, stdin = '' }) {
  const chunks = [];
  const sink = () => new Writable({ write: (chunk, _, done) => done(null, chunks.push(chunk)) });
  const writeDirectly = (bytes) => chunks.push(Buffer.from(bytes)) && bytes.length;
  const streams = { stdin: Readable.from([stdin]), stdout: sink(), stderr: sink(), env, cwd, platform: process.platform };
  const status = await main(words, { ...streams, writeDirectly });
  const text = Buffer.concat(chunks).toString('utf8');
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${text}`);
  return text;
}

/** The program's files as V8 has compiled them so far: nothing but what was run of them. */
class Scripts {
  #scripts = new Map();

  constructor(folder) {
    this.folder = folder;
  }

  load(name) {
    const file = join(this.folder, name);
    const known = this.#scripts.get(file);
    if (known) return known.exports;
    const source = readFileSync(file);
    const script = scriptOf(file, source);
    const row = { source, script };
    this.#scripts.set(file, row);
    row.exports = run(script, file, (beside) => this.load(beside));
    return row.exports;
  }

  /** Writes the code of a file down. */
  keep(name) {
    const file = join(this.folder, name);
    const { source, script } = this.#scripts.get(file);
    writeFileSync(codeFileOf(file), Buffer.concat([hashOf(source), script.createCachedData()]));
  }
}

/** What the commands are run on: files of a folder of their own, and a key. */
async function samplesIn(cwd, folder) {
  const program = require(join(folder, 'sops-ts.cjs'));
  const { identity, recipient } = program.modules['src/keys/age/age.ts']().generateIdentity();
  const env = { SOPS_AGE_KEY: identity, SOPS_AGE_RECIPIENTS: recipient, HOME: cwd };
  for (const [name, stdin] of [['sample.yaml', YAML], ['sample.json', JSON_TEXT], ['s.enc.yaml', SECRET]]) {
    const sealed = await start(program.main, ['encrypt', '--filename-override', name], { cwd, env, stdin });
    writeFileSync(join(cwd, name), sealed);
  }
  writeFileSync(join(cwd, 'generator.yaml'), GENERATOR);
  return env;
}

async function compile(folder) {
  const cwd = mkdtempSync(join(folder, 'sample-'));
  try {
    const env = await samplesIn(cwd, folder);
    const scripts = new Scripts(folder);
    const { main } = scripts.load('sops-ts.cjs');
    const plain = await start(main, ['decrypt', 'sample.yaml'], { cwd, env });
    if (plain !== YAML) throw new Error('the sample was not decrypted to what it was');
    // Each is kept before it has run more: code that a small file does not need would have to be read for it.
    scripts.keep('sops-ts.cjs');
    await start(main, ['decrypt', 'sample.json'], { cwd, env });
    scripts.keep('more.cjs');
    await start(main, ['encrypt', '--filename-override', 'sample.yaml'], { cwd, env, stdin: YAML });
    scripts.keep('rest.cjs');
    const { pluginMain } = scripts.load('kustomize.cjs').modules['src/cli/plugin.ts']();
    await start(pluginMain, ['generator.yaml'], { cwd, env });
    scripts.keep('kustomize.cjs');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

compile(resolve(process.argv[2])).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
