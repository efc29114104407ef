/** The library in a context of its own, where test runners (Jest, Vitest's `vmThreads`) load modules: Node's errors and the caller's values are of other realms. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstalledPackage } from '../support/installed-package.js';

/** Loads a module and what it imports into a context with the globals of Node, but with classes of its own. */
const RUNNER = `
import { createContext, SourceTextModule, SyntheticModule } from 'node:vm';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';

const given = Object.getOwnPropertyNames(globalThis).filter((name) => !(name in createContext({})) && !/^(?:global|globalThis|crypto|navigator)$/.test(name));
const context = createContext(Object.fromEntries(given.map((name) => [name, globalThis[name]])));
Object.assign(context, { Uint8Array, ArrayBuffer, structuredClone, foreign: { Date, RegExp } });
const modules = new Map();
const entry = import.meta.resolve('sops-ts');

async function load(word, from) {
  const name = word === 'sops-ts' ? entry : isBuiltin(word) ? word : new URL(word, from).href;
  if (!modules.has(name)) modules.set(name, isBuiltin(name) ? await builtin(name) : source(name));
  return modules.get(name);
}
async function builtin(name) {
  const own = await import(name);
  return new SyntheticModule(Object.keys(own), function () { for (const key of Object.keys(own)) this.setExport(key, own[key]); }, { context });
}
function source(url) {
  return new SourceTextModule(readFileSync(new URL(url), 'utf8'), {
    context, identifier: url,
    initializeImportMeta(meta) { meta.url = url; meta.dirname = new URL('.', url).pathname; meta.filename = new URL(url).pathname; },
    async importModuleDynamically(word) { return ready(await load(word, url)); },
  });
}
async function ready(module) {
  if (module.status === 'unlinked') await module.link((word, { identifier }) => load(word, identifier));
  await module.evaluate();
  return module;
}
await ready(source(new URL(process.argv[2], import.meta.url).href));
`;

let app: InstalledPackage;
beforeAll(async () => {
  app = new InstalledPackage();
  app.put('runner.js', RUNNER);
  app.write('.sops.yaml', `creation_rules:\n  - age: ${app.recipient}\n`);
  app.put('deep/down/kept.txt', '');
  await app.seal('deep/secrets.yaml', 'a: 1\n');
});
afterAll(() => app.remove());

/** What a module prints that runs there. */
function inContext(text: string): unknown {
  app.put('module.js', `import * as sops from 'sops-ts';\n${text}`);
  const { stdout, stderr, status } = app.node(['--no-warnings', '--experimental-vm-modules', 'runner.js', 'module.js']);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

test('errors of the system are known: what is not there, what is a folder, a configuration further up', () => {
  const said = inContext(`
    const codeOf = (promise) => promise.then(() => 'fulfilled', ({ code, message }) => code + ': ' + message);
    const found = [
      await codeOf(sops.decryptFile('nothing.yaml')),
      await codeOf(sops.decryptFile('deep')),
      await codeOf(sops.encrypt({ a: 1 }, { format: 'yaml', filename: 'deep/down/new.yaml' })),
      await codeOf(sops.decryptFile('deep/secrets.yaml', { env: { HOME: '/nowhere' } })),
    ];
    console.log(JSON.stringify(found));
  `);
  expect(said).toEqual([
    expect.stringMatching(/^no-file: /),
    expect.stringMatching(/^input-unreadable: .*is a directory/),
    'fulfilled',
    expect.stringMatching(/^data-key-not-recovered: (?!.*unknown error)/s),
  ]);
});

test('files are written, and values of other realms go into them as what they are', () => {
  const said = inContext(`
    const file = await sops.open('deep/secrets.yaml');
    file.set('time', new foreign.Date(0)).set('copy', structuredClone({ at: [new Date(0)], big: 2n ** 60n }));
    await file.save();
    await file.rotate();
    file.close();
    const values = await sops.decryptFile('deep/secrets.yaml', { integers: 'mixed' });
    console.log(JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
  `);
  const time = '1970-01-01T00:00:00Z';
  expect(said).toEqual({ a: 1, time, copy: { at: [time], big: String(2n ** 60n) } });
});
