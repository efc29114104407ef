/**
 * Writes the types of the package, one file for each entry: what its interface says, and nothing of what is inside, so that they hold
 * in a project that has none of our packages.
 *
 * usage: node .ci/types.mjs [FOLDER]     FOLDER is dist/types without it
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ENTRIES } from './entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'dist/types'));

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const settings = ts.parseJsonConfigFileContent(config, ts.sys, root).options;
const options = { ...settings, noEmit: false, incremental: false, tsBuildInfoFile: undefined, declaration: true, emitDeclarationOnly: true, stripInternal: true };
const program = ts.createProgram(Object.values(ENTRIES).map((path) => join(root, path)), options);
const checker = program.getTypeChecker();

/** The declarations of a source file as they are emitted. */
const emitted = new Map();
function declarationsOf(source) {
  if (!emitted.has(source)) {
    let text = '';
    program.emit(source, (_, written) => { text = written; }, undefined, true);
    const parsed = ts.createSourceFile(source.fileName.replace(/\.ts$/, '.d.ts'), text, ts.ScriptTarget.Latest, true);
    emitted.set(source, parsed);
  }
  return emitted.get(source);
}

/** What a file names: its own declarations, and the modules that other names are from. */
function namesOf(source) {
  const own = new Map();
  const from = new Map();
  for (const statement of declarationsOf(source).statements) {
    const specifier = statement.moduleSpecifier?.text;
    if (ts.isImportDeclaration(statement)) {
      for (const one of statement.importClause?.namedBindings?.elements ?? []) from.set(one.name.text, { specifier, name: (one.propertyName ?? one.name).text });
    } else if (ts.isExportDeclaration(statement)) {
      if (!statement.exportClause) from.set('*', [...(from.get('*') ?? []), specifier]);
      for (const one of statement.exportClause?.elements ?? []) if (specifier) from.set(one.name.text, { specifier, name: (one.propertyName ?? one.name).text });
    } else {
      const names = ts.isVariableStatement(statement) ? statement.declarationList.declarations.map((one) => one.name.text) : [statement.name?.text];
      for (const name of names) if (name) own.set(name, [...(own.get(name) ?? []), statement]);
    }
  }
  return { own, from };
}

function sourceOf(importer, specifier) {
  const { resolvedModule } = ts.resolveModuleName(specifier, importer.fileName, options, ts.sys);
  const source = resolvedModule && program.getSourceFile(resolvedModule.resolvedFileName);
  if (!source) throw new Error(`${importer.fileName}: ${specifier} is outside of the sources: the interface must not name it`);
  return source;
}

/** Where a name that stands in a file is declared; undefined for a global one. */
function homeOf(source, name) {
  const { own, from } = namesOf(source);
  if (own.has(name)) return { source, name };
  const imported = from.get(name);
  if (imported && !Array.isArray(imported)) return homeOf(sourceOf(source, imported.specifier), imported.name);
  for (const specifier of from.get('*') ?? []) {
    const found = homeOf(sourceOf(source, specifier), name);
    if (found) return found;
  }
  return undefined;
}

/** The names that an entry exports. */
function exportsOf(source) {
  const { own, from } = namesOf(source);
  const passedOn = [...from.keys()].filter((name) => name !== '*');
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map(({ name }) => name);
  return exported.filter((name) => own.has(name) || passedOn.includes(name) || homeOf(source, name));
}

function identifiersIn(node, found = new Set()) {
  if (ts.isIdentifier(node)) found.add(node.text);
  ts.forEachChild(node, (child) => void identifiersIn(child, found));
  return found;
}

/** A union that follows from a table, written out. */
function writtenOut(source, statement) {
  const symbol = checker.getSymbolAtLocation(source)?.exports?.get(statement.name.escapedText);
  const type = symbol && checker.getDeclaredTypeOfSymbol(symbol);
  const words = type?.isUnion() ? type.types : [];
  if (words.length === 0 || !words.every((one) => one.isStringLiteral())) throw new Error(`${statement.name.text} is not a union of names`);
  return `type ${statement.name.text} = ${words.map(({ value }) => `'${value}'`).join(' | ')};`;
}

function isDerived(statement) {
  return ts.isTypeAliasDeclaration(statement) && /\b(?:keyof )?typeof\b/.test(statement.type.getText());
}

function rolled(entry) {
  const chosen = new Map();
  const pending = exportsOf(entry).map((name) => homeOf(entry, name));
  const exported = exportsOf(entry);
  while (pending.length > 0) {
    const { source, name } = pending.pop();
    const known = chosen.get(name);
    if (known) {
      if (known.source !== source) throw new Error(`two things are called ${name}: ${known.source.fileName}, ${source.fileName}`);
      continue;
    }
    const statements = namesOf(source).own.get(name);
    chosen.set(name, { source, statements });
    for (const statement of statements) {
      if (isDerived(statement)) continue;
      for (const identifier of identifiersIn(statement)) {
        const home = identifier === name ? undefined : homeOf(source, identifier);
        if (home) pending.push(home);
      }
    }
  }
  const texts = [...chosen.values()].flatMap(({ source, statements }) => statements.map((statement) => textOf(source, statement)));
  const disposable = texts.some((text) => text.includes('AsyncDisposable')) ? '/// <reference lib="esnext.disposable" />\n' : '';
  const values = exported.filter((name) => chosen.has(name));
  return `${disposable}${texts.sort(byName).join('\n')}\n\nexport { ${values.join(', ')} };\n`;
}

function byName(one, other) {
  const nameIn = (text) => /\b(?:interface|type|class|function|const|namespace)\s+(\w+)/.exec(text)?.[1] ?? '';
  return nameIn(one) < nameIn(other) ? -1 : nameIn(one) > nameIn(other) ? 1 : 0;
}

function textOf(source, statement) {
  const comments = ts.getLeadingCommentRanges(statement.getSourceFile().text, statement.pos) ?? [];
  const last = comments.at(-1);
  const note = last && statement.getSourceFile().text.slice(last.pos, last.end).startsWith('/**') ? `${statement.getSourceFile().text.slice(last.pos, last.end)}\n` : '';
  if (isDerived(statement)) return `${note}${writtenOut(source, statement)}`;
  const bare = statement.getText().replace(/^export (?:default )?/, '');
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  return `${note}${isType || bare.startsWith('declare ') ? bare : `declare ${bare}`}`;
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, path] of Object.entries(ENTRIES)) {
  const source = program.getSourceFile(join(root, path));
  writeFileSync(join(folder, `${basename(name)}.d.ts`), rolled(source));
}
