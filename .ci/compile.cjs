/**
 * Compiles the program's first file for the Node that runs this, as far as decrypting a small YAML file with an age key runs it, and
 * puts V8's code beside it; bin/sops-ts.js takes it when the file and Node are the same. Behind a hash of the file.
 *
 * usage: node .ci/compile.cjs FILE
 */
const { createHash } = require('node:crypto');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const { Readable, Writable } = require('node:stream');
const { Script } = require('node:vm');

const SAMPLE = `# What most files hold.
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

/** Runs a command line with streams of its own; returns what it prints. */
async function run({ main }, words, { cwd, env, stdin = '' }) {
  const chunks = [];
  const sink = () => new Writable({ write: (chunk, _, done) => done(null, chunks.push(chunk)) });
  const writeDirectly = (bytes) => chunks.push(Buffer.from(bytes)) && bytes.length;
  const streams = { stdin: Readable.from([stdin]), stdout: sink(), stderr: sink(), env, cwd, platform: process.platform };
  const status = await main(words, { ...streams, writeDirectly });
  const text = Buffer.concat(chunks).toString('utf8');
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${text}`);
  return text;
}

async function compile(file) {
  const source = readFileSync(file);
  const script = new Script(Module.wrap(source.toString('utf8')), { filename: file });
  const cwd = mkdtempSync(join(dirname(file), 'sample-'));
  try {
    const program = require(file);
    const { identity, recipient } = program.modules['src/keys/age/age.ts']().generateIdentity();
    const env = { SOPS_AGE_KEY: identity, SOPS_AGE_RECIPIENTS: recipient, HOME: cwd };
    const words = ['encrypt', '--filename-override', 'sample.yaml'];
    writeFileSync(join(cwd, 'sample.yaml'), await run(program, words, { cwd, env, stdin: SAMPLE }));
    const once = { exports: {} };
    script.runInThisContext().call(once.exports, once.exports, Module.createRequire(file), once, file, dirname(file));
    const plain = await run(once.exports, ['decrypt', 'sample.yaml'], { cwd, env });
    if (plain !== SAMPLE) throw new Error('the sample was not decrypted to what it was');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const code = Buffer.concat([createHash('sha256').update(source).digest(), script.createCachedData()]);
  writeFileSync(`${file}.${process.version}-${process.platform}-${process.arch}`, code);
}

compile(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
