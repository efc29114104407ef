/**
 * Marks the functions that decrypting and encrypting a small file run: in brackets, V8 compiles them when it loads their file, and so reads them once
 * instead of twice. Node's compile cache holds what is compiled by then, so it has them, too.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Vectors that have comments, texts, numbers and what else is usual. */
const USUAL = ['comments-head-foot', 'yaml-basic-types'];
const [, USUAL_TYPES] = USUAL;
const USUAL_JSON = 'json-basic-types';

/** The command lines that count for the first part, and those that count for the others. */
function linesFor(vectors, recipient) {
  const encrypted = (name, ending = 'yaml') => join(vectors, name, `encrypted.${ending}`);
  return {
    first: USUAL.map((name) => ['decrypt', encrypted(name)]),
    others: [
      ['decrypt', encrypted(USUAL_JSON, 'json')],
      ['encrypt', '--age', recipient, '--output', 'made.yaml', join(vectors, USUAL_TYPES, 'input.yaml')],
    ],
  };
}

/**
 * The names of the functions that are called where a small file is decrypted (in the first part) or encrypted (in the others), by the file
 * that they stand in, as V8 counts them. `write` puts the program into a folder, as it is before it is made small.
 */
export async function namesRun(root, firstFile, write) {
  // Below node_modules, so that packages are found.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sops-ts-run-'));
  try {
    await write(join(folder, 'dist'));
    const program = join(folder, 'run.cjs');
    writeFileSync(program, readFileSync(join(root, 'bin/sops-ts.js'), 'utf8').replaceAll('../dist/', './dist/'));
    const vectors = join(root, 'fixtures/vectors');
    const keyFile = join(vectors, 'keys/age-1.txt');
    const recipient = /age1\w+/.exec(readFileSync(keyFile, 'utf8'))[0];
    const { first, others } = linesFor(vectors, recipient);
    const run = (lines, counted) => {
      const env = { SOPS_AGE_KEY_FILE: keyFile, NODE_V8_COVERAGE: join(folder, counted), SOPS_TS_COMPILE_CACHE: '0' };
      for (const words of lines) execFileSync(process.execPath, [program, ...words], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
      return calledIn(env.NODE_V8_COVERAGE);
    };
    return new Map([...run(others, 'others'), [firstFile, run(first, 'first').get(firstFile)]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The names of what was called, by file, as V8 left it in a folder. */
function calledIn(folder) {
  const called = new Map();
  for (const name of readdirSync(folder)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(folder, name), 'utf8')).result) {
      const file = /\/dist\/([^/]+)$/.exec(url)?.[1];
      if (file === undefined) continue;
      const names = called.get(file) ?? new Set();
      called.set(file, names);
      for (const { functionName, ranges: [whole] } of functions) if (whole.count > 0) names.add(functionName);
    }
  }
  return called;
}

/** A bundle of ES modules with some of its functions in brackets. They stand first, since a variable has its value from there on only. */
export function markFunctions(text, names = new Set()) {
  if (names.size === 0) return text;
  const source = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.Latest);
  const marked = source.statements.filter((one) => ts.isFunctionDeclaration(one) && names.has(one.name.text));
  const parts = [];
  let at = 0;
  for (const { pos, end } of marked) {
    parts.push(text.slice(at, pos));
    at = end;
  }
  const first = marked.map((one) => `var ${one.name.text} = (${text.slice(one.getStart(source), one.end)});\n`);
  return [...first, ...parts, text.slice(at)].join('');
}
