#!/usr/bin/env node
/** Starts the command line program; everything it does is in main. CommonJS, since the loader of modules takes 15 ms to start. */
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const FILE = require.resolve('../dist/sops-ts.cjs');
const HASH_BYTES = 32;

/**
 * The program's first file with the code that the build has compiled for this very Node (.ci/compile.cjs), which saves a third of
 * a small file's time; undefined where there is none. It lies beside the file, and is as safe as that.
 */
function compiledScript() {
  try {
    const code = readFileSync(`${FILE}.${process.version}-${process.platform}-${process.arch}`);
    const source = readFileSync(FILE);
    // V8 compares no more than the length.
    if (!createHash('sha256').update(source).digest().equals(code.subarray(0, HASH_BYTES))) return undefined;
    const cachedData = code.subarray(HASH_BYTES);
    return new Script(Module.wrap(source.toString('utf8')), { filename: FILE, cachedData });
  } catch {
    return undefined;
  }
}

function loadProgram() {
  const script = process.versions.bun ? undefined : compiledScript();
  if (!script) return require(FILE);
  const program = new Module(FILE, module);
  // The other files require this one.
  require.cache[FILE] = program;
  const words = [program.exports, Module.createRequire(FILE), program, FILE, dirname(FILE)];
  script.runInThisContext().apply(program.exports, words);
  program.loaded = true;
  return program.exports;
}

const { main, processStreams } = loadProgram();

// With a listener a file that grows beyond the size limit is a write error; without, the signal would end the process.
process.on('SIGXFSZ', () => undefined);
main(process.argv.slice(2), processStreams()).then((status) => {
  process.exitCode = status;
  // A key service that nobody waits for any more may hold its connection for minutes.
  setTimeout(() => process.exit(), 100).unref();
});
