/**
 * What the files of packages look like in dist/: one text for the program, which is CommonJS, and for the library, which is ES modules. A text of its own
 * for each was a third of what npm fetches.
 *
 * So such a file is neither: it imports, exports and requires nothing, and puts a function of a CommonJS module into a table under a symbol. The
 * program has one loader for them. The library has a small ES module beside each, which bundlers of any kind follow: it imports the
 * file for what it does, and hands it what it needs.
 */
import { createHash } from 'node:crypto';
import { builtinModules } from 'node:module';
import { transform } from 'esbuild';

/** The folder of such files. */
export const FOLDER = 'packages';

/** What stands in one file since nearly every run that needs any of it needs all: each file costs Node half a millisecond. */
const TOGETHER = { aws: ['aws-core', 'aws-kms'] };

/** A module of Node's that is required, in either spelling. */
const BUILT_IN = new RegExp(`\\brequire\\("((?:node:)?(?:${builtinModules.join('|')}))"\\)`, 'g');

/** The names of what is exported by a module that esbuild has bundled. */
function exportsOf(text) {
  const [, list = ''] = /\nexport \{([^}]*)\};\s*$/.exec(text) ?? [];
  return list.split(',').flatMap((one) => one.trim().split(' as ').at(-1) || []);
}

/** What it needs of the other files before it can run, and what it loads when it is needed. */
function neededBy(text) {
  const names = (pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))];
  return { first: names(/^(?:import|export)\b[^;]*?"\.\/([\w-]+)\.js";$/gm), later: names(/\bimport\("\.\/([\w-]+)\.js"\)/g) };
}

/** What puts the function of a module into the table. */
async function tableText(key, name, text, settings) {
  const lazy = text.replaceAll(/\bimport\("\.\/([\w-]+)\.js"\)/g, 'later("$1")').replaceAll(/\bimport\("(node:[^"]+)"\)/g, 'Promise.resolve(process.getBuiltinModule("$1"))');
  const { code } = await transform(lazy, { target: settings.target, logLevel: settings.logLevel, format: 'cjs', platform: 'node' });
  const body = code.replaceAll(/\brequire\("\.\/([\w-]+)\.js"\)/g, 'load("$1")').replaceAll(BUILT_IN, 'process.getBuiltinModule("$1")');
  return `(globalThis[Symbol.for(${key})] ??= {})[${JSON.stringify(name)}] = (function (module, exports, load, later) {${body}\n});\n`;
}

/** The file of each module, by name: a few stand together with what they need, but for what others need, too. */
function filesOf(texts) {
  const closure = (names) => {
    const found = new Set();
    const pending = [...names];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      pending.push(...neededBy(texts.get(name)).first);
    }
    return found;
  };
  const files = new Map([...texts.keys()].map((name) => [name, name]));
  for (const [file, names] of Object.entries(TOGETHER)) {
    const others = closure([...texts.keys()].filter((name) => !name.startsWith('shared-') && !name.startsWith(`${file}-`)));
    for (const name of closure(names)) if (!others.has(name)) files.set(name, file);
  }
  return files;
}

/** The ES module beside it. */
function moduleText(name, text, file) {
  const { first, later } = neededBy(text);
  const names = exportsOf(text).filter((one) => one !== 'default');
  const lazy = later.map((one) => `${JSON.stringify(one)}:()=>import("./${one}.js")`);
  return [
    'import{make}from"./make.js";',
    ...first.map((one, at) => `import a${at} from"./${one}.js";`),
    `import"../../${FOLDER}/${file}.cjs";`,
    `const all=make(${JSON.stringify(name)},{${first.map((one, at) => `${JSON.stringify(one)}:a${at}`)}},{${lazy}});`,
    'export default all;',
    names.length > 0 && !name.startsWith('shared-') ? `export const{${names}}=all;` : '',
    '\n',
  ].join('');
}

/** How the library makes a module of such a function, and the program. */
const MAKE = (key) =>
  `export const make=(name,first,later)=>{const module={exports:{}};globalThis[Symbol.for(${key})][name](module,module.exports,(it)=>first[it],(it)=>later[it]().then((m)=>m.default));return module.exports};\n`;
const LOADER = (key, elsewhere) => `"use strict";
const made = new Map();
const files = ${JSON.stringify(elsewhere)};
module.exports = function load(name) {
  const known = made.get(name);
  if (known) return known.exports;
  require(\`./${FOLDER}/\${files[name] ?? name}.cjs\`);
  const module = { exports: {} };
  made.set(name, module);
  globalThis[Symbol.for(${key})][name](module, module.exports, load, (later) => Promise.resolve().then(() => load(later)));
  return module.exports;
};
`;

/**
 * The files for modules of packages, given as ES modules by path below `packages/`, by path in dist/: `program`, its loader and the packages before they are made
 * small, and `library`, what that has beside them. Two releases in one process have two tables, as the key is of all the texts.
 */
export async function packageFiles(modules, settings) {
  const key = JSON.stringify(`sops-ts ${createHash('sha256').update(JSON.stringify(modules)).digest('hex').slice(0, 16)}`);
  const texts = new Map(modules.map(([path, text]) => [path.replace(`${FOLDER}/`, ''), text]));
  const files = filesOf(texts);
  const loader = LOADER(key, Object.fromEntries([...files].filter(([name, file]) => name !== file)));
  const program = new Map([[`${FOLDER}.cjs`, loader]]);
  const library = [[`chunks/${FOLDER}/make.js`, MAKE(key)]];
  for (const [name, text] of texts) {
    const file = files.get(name);
    const path = `${FOLDER}/${file}.cjs`;
    program.set(path, (program.get(path) ?? '') + (await tableText(key, name, text, settings)));
    library.push([`chunks/${FOLDER}/${name}.js`, moduleText(name, text, file)]);
  }
  return { program: [...program], library };
}
