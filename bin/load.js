/** Loads the program's files from dist/. Their paths are those of the modules that were required, whichever way they are loaded. */
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

// What Node warns of (deprecations, experiments) is for those who write the program, and they trace it.
if (!/--trace-(?:warnings|deprecation)/.test(`${process.execArgv} ${process.env.NODE_OPTIONS}`)) {
  process.removeAllListeners('warning');
}

const DIST = join(__dirname, '..', 'dist');
const HASH_BYTES = 32;

/** Where the code that V8 has made of a file for this very Node is kept: behind a hash of the file, since V8 compares no more than the length. */
function codeFileOf(file) {
  return `${file}.${process.version}-${process.platform}-${process.arch}`;
}

function hashOf(source) {
  return createHash('sha256').update(source).digest();
}

/**
 * A file of the program with the code that the build has compiled for this very Node (.ci/compile.cjs), which saves a third of
 * a small file's time; undefined where there is none. It lies beside the file, and is as safe as that.
 */
function compiledScript(file) {
  try {
    const code = readFileSync(codeFileOf(file));
    const source = readFileSync(file);
    if (!hashOf(source).equals(code.subarray(0, HASH_BYTES))) return undefined;
    return scriptOf(file, source, code.subarray(HASH_BYTES));
  } catch {
    return undefined;
  }
}

/** A file as a script that is a function, as Node makes one of it. It cannot import: `import()` throws. */
function scriptOf(file, source, cachedData) {
  return new Script(Module.wrap(source.toString('utf8')), { filename: file, cachedData });
}

/** What a file of dist/ exports; `name` as in `sops-ts.cjs`. Each is run once, however often it is asked for. */
function load(name) {
  const file = join(DIST, name);
  const script = require.cache[file] || process.versions.bun ? undefined : compiledScript(file);
  return script ? run(script, file) : require(file);
}

/** Runs a script as the module of its file. The files beside it, which it requires when it needs them, are loaded as it was. */
function run(script, file, loadBeside = load) {
  const program = new Module(file, module);
  require.cache[file] = program;
  const own = Module.createRequire(file);
  const requireBeside = (id) => (id.startsWith('./') ? loadBeside(id) : own(id));
  script.runInThisContext().call(program.exports, program.exports, requireBeside, program, file, dirname(file));
  program.loaded = true;
  return program.exports;
}

module.exports = { codeFileOf, hashOf, load, run, scriptOf };
