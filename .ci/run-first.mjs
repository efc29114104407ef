/**
 * Marks the functions that decrypting a small file runs: in brackets, V8 compiles them when it loads their file, and so reads them once
 * instead of twice. Node's compile cache holds what is compiled by then, so it has them, too.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Files that have comments, texts, numbers and what else is usual. */
const USUAL = ['comments-head-foot', 'yaml-basic-types'];

/** The names of the functions in a file of the program that decrypting such files calls, as V8 counts them. `write` puts the program into a folder, as it is before it is made small. */
export async function namesRun(root, file, write) {
  // Below node_modules, so that packages are found.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sops-ts-run-'));
  try {
    await write(join(folder, 'dist'));
    const program = join(folder, 'run.cjs');
    writeFileSync(program, readFileSync(join(root, 'bin/sops-ts.js'), 'utf8').replaceAll('../dist/', './dist/'));
    const vectors = join(root, 'fixtures/vectors');
    const env = { SOPS_AGE_KEY_FILE: join(vectors, 'keys/age-1.txt'), NODE_V8_COVERAGE: join(folder, 'counted') };
    for (const name of USUAL) {
      execFileSync(process.execPath, [program, 'decrypt', join(vectors, name, 'encrypted.yaml')], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    const counted = readdirSync(env.NODE_V8_COVERAGE).flatMap((name) => JSON.parse(readFileSync(join(env.NODE_V8_COVERAGE, name), 'utf8')).result);
    const functions = counted.filter(({ url }) => url.endsWith(`/dist/${file}`)).flatMap((one) => one.functions);
    return new Set(functions.filter(({ ranges: [whole] }) => whole.count > 0).map(({ functionName }) => functionName));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A bundle of ES modules with some of its functions in brackets. They stand first, since a variable has its value from there on only. */
export function markFunctions(text, names) {
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
