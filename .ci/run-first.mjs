/**
 * Marks the functions that daily commands run on a small file: in brackets, V8 compiles them when it loads their file, and so reads them once
 * instead of twice. Node's compile cache holds what is compiled by then, so it has them, too. V8 looks at brackets around `function` alone, so
 * an arrow function becomes one where that makes no difference.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { KMS_KEY, startKms } from './kms-stand-in.mjs';
import { replaced } from './replacements.mjs';

/** Vectors that have comments, texts, numbers and what else is usual. */
const USUAL = ['comments-head-foot', 'yaml-basic-types'];
const [, USUAL_TYPES] = USUAL;
const USUAL_JSON = 'json-basic-types';
const USUAL_ENV = 'dotenv-comments';

/** The command lines that count for the first part, and those that count for the other files. */
function linesFor(vectors, recipient) {
  const encrypted = (name, ending = 'yaml') => join(vectors, name, `encrypted.${ending}`);
  return {
    first: [...USUAL.map((name) => ['decrypt', encrypted(name)]), ['encrypt', '--age', recipient, join(vectors, USUAL_JSON, 'input.json')]],
    others: [
      ['decrypt', encrypted(USUAL_JSON, 'json')],
      ['encrypt', '--age', recipient, '--output', 'made.yaml', join(vectors, USUAL_TYPES, 'input.yaml')],
      ['encrypt', '--kms', KMS_KEY, '--output', 'kms.yaml', join(vectors, USUAL_TYPES, 'input.yaml')],
      ['decrypt', 'kms.yaml'],
      ['exec-env', encrypted(USUAL_ENV, 'env'), 'true'],
      ['exec-file', encrypted(USUAL_TYPES), 'true'],
      ['export', '--shell', 'bash', encrypted(USUAL_ENV, 'env')],
      ['set', 'made.yaml', '["integer"]', '43'],
      ['get', 'made.yaml', 'integer'],
      ['check', 'made.yaml'],
      ['decrypt', '--in-place', 'made.yaml', 'kms.yaml'],
    ],
  };
}

/**
 * Where the functions stand that are called when a small file is decrypted or encrypted (in the first part), or by any line (in the others): their
 * ranges by the path of the file in dist/. `write` puts the program into a folder, as it is before it is made small.
 */
export async function rangesRun(root, firstFile, write) {
  // Below node_modules, so that packages are found.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sops-ts-run-'));
  const kms = await startKms();
  try {
    await write(join(folder, 'dist'));
    const program = join(folder, 'run.cjs');
    writeFileSync(program, replaced(readFileSync(join(root, 'bin/sops-ts.js'), 'utf8'), '../dist/', './dist/'));
    const vectors = join(root, 'fixtures/vectors');
    const keyFile = join(vectors, 'keys/age-1.txt');
    const recipient = /age1\w+/.exec(readFileSync(keyFile, 'utf8'))[0];
    const { first, others } = linesFor(vectors, recipient);
    const run = (lines, counted) => {
      const env = { ...kms.env, SOPS_AGE_KEY_FILE: keyFile, NODE_V8_COVERAGE: join(folder, counted), SOPS_TS_COMPILE_CACHE: '0' };
      for (const words of lines) execFileSync(process.execPath, [program, ...words], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
      return calledIn(env.NODE_V8_COVERAGE);
    };
    const [usual, all] = [run(first, 'first'), run(others, 'others')];
    for (const [file, ranges] of usual) all.set(file, file === firstFile ? ranges : [...ranges, ...(all.get(file) ?? [])]);
    return all;
  } finally {
    kms.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The ranges of what was called, by file, as V8 left it in a folder. */
function calledIn(folder) {
  const called = new Map();
  for (const name of readdirSync(folder)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(folder, name), 'utf8')).result) {
      const file = /\/dist\/(.+)$/.exec(url)?.[1];
      if (file === undefined) continue;
      const ranges = called.get(file) ?? [];
      called.set(file, ranges);
      for (const { ranges: [{ startOffset, endOffset, count }] } of functions) if (count > 0) ranges.push({ start: startOffset, end: endOffset });
    }
  }
  return called;
}

/** A script with those of its functions in brackets that stand in the ranges. */
export function markFunctions(text, ranges = []) {
  return ranges.length === 0 ? text : new Marking(text, ranges).text;
}

/** Prints a script anew, node by node. */
class Marking {
  #source;
  /** Of the functions that were called, by where they end: V8 has its own notion of where they begin. */
  #starts = new Map();

  constructor(text, ranges) {
    this.#source = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.Latest, true);
    for (const { start, end } of ranges) this.#starts.set(end, [...(this.#starts.get(end) ?? []), start]);
  }

  get text() {
    return this.#print(this.#source);
  }

  #slice(start, end) {
    return this.#source.text.slice(start, end);
  }

  #wasCalled(node) {
    const starts = (node.body && this.#starts.get(node.end)) || [];
    return starts.some((start) => start >= node.getStart() && start < node.body.getStart());
  }

  /** A node with what stands before it. */
  #print(node) {
    const before = this.#slice(node.pos, node.getStart());
    if (ts.isFunctionExpression(node) && this.#wasCalled(node) && !ts.isParenthesizedExpression(node.parent)) return `${before}(${this.#plain(node).slice(before.length)})`;
    if (ts.isArrowFunction(node) && this.#wasCalled(node) && isPlain(node)) return `${before}(${this.#asFunction(node)})`;
    return this.#plain(node);
  }

  /** The same as it is but for what is in it. Functions that blocks declare come first in them, since a variable has its value from there on only. */
  #plain(node, left) {
    const declared = this.#declaredIn(node);
    const parts = [];
    let [at, first] = [node.pos, undefined];
    ts.forEachChild(node, (child) => {
      parts.push(this.#slice(at, child.pos));
      if (first === undefined && declared.length > 0 && !isDirective(child)) first = parts.length;
      if (child !== left && !declared.includes(child)) parts.push(this.#print(child));
      at = child.end;
    });
    const moved = declared.map((one) => `\nvar ${one.name.text} = (${this.#plain(one, one.name).trim()});`);
    if (first !== undefined) parts.splice(first, 0, ...moved);
    return [...parts, this.#slice(at, node.end)].join('');
  }

  #declaredIn(node) {
    const isHolder = ts.isSourceFile(node) || (ts.isBlock(node) && ts.isFunctionLike(node.parent));
    if (!isHolder) return [];
    const all = node.statements.filter(ts.isFunctionDeclaration);
    return all.filter((one) => this.#wasCalled(one) && all.filter(({ name }) => name.text === one.name.text).length === 1);
  }

  #asFunction(arrow) {
    const { parameters, body, modifiers = [] } = arrow;
    const isAsync = modifiers.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const [before, after] = ts.isBlock(body) ? ['', ''] : ['{ return (', '\n); }'];
    const takes = parameters.map((one) => this.#print(one)).join(',');
    return `${isAsync ? 'async ' : ''}function (${takes}) ${before}${this.#print(body)}${after}`;
  }
}

function isDirective(node) {
  return ts.isExpressionStatement(node) && ts.isStringLiteral(node.expression);
}

/** Whether an arrow function takes nothing from around it that a function has for itself. */
function isPlain(arrow) {
  const takes = (node) => {
    if (node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword || ts.isMetaProperty(node)) return true;
    if (ts.isIdentifier(node) && (node.text === 'arguments' || node.text === 'eval')) return true;
    if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node)) return false;
    return ts.forEachChild(node, takes) ?? false;
  };
  return !takes(arrow);
}
