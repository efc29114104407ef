/**
 * The page about the library's interface, made from its types: what each function and type says of itself.
 *
 * usage: node .ci/api-page.mjs     prints the page, from dist/types
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const TYPES = new URL('../dist/types/index.d.ts', import.meta.url);

const HEAD = `# The interface of the library

Made from the package's types by \`node .ci/api-page.mjs > docs/library-api.md\`. [library.md](library.md) tells how it is used, and
[errors.md](errors.md) what the codes of errors mean.
`;

/** The text of a comment without its marks, on one line for each paragraph. */
function noteOf(text) {
  const lines = text.replace(/^\/\*\*|\*\/$/g, '').split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
  return lines.join(' ').trim().replaceAll(/\{@link ([\w.]+)\}/g, '`$1`').replaceAll('|', '\\|');
}

function declarationsOf(source) {
  const found = new Map();
  for (const statement of source.statements) {
    const name = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0].name.text : statement.name?.text;
    if (name) found.set(name, [...(found.get(name) ?? []), statement]);
  }
  return found;
}

function exportedNames(source) {
  const list = source.statements.find(ts.isExportDeclaration);
  return list.exportClause.elements.map(({ name }) => name.text);
}

function sectionOf(source, name, statements) {
  const notes = statements.flatMap((statement) => {
    const [last] = (ts.getLeadingCommentRanges(source.text, statement.pos) ?? []).slice(-1);
    const text = last ? source.text.slice(last.pos, last.end) : '';
    return text.startsWith('/**') ? [noteOf(text)] : [];
  });
  const code = statements.map((statement) => statement.getText(source).replace(/^declare /, '')).join('\n');
  return `### ${name}\n\n${notes.map((note) => `${note}\n`).join('\n')}${notes.length > 0 ? '\n' : ''}\`\`\`ts\n${code}\n\`\`\`\n`;
}

/** The page of some types. */
export function apiPage(text) {
  const source = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true);
  const declarations = declarationsOf(source);
  const names = exportedNames(source);
  const isCode = (name) => declarations.get(name).some((one) => ts.isFunctionDeclaration(one) || ts.isClassDeclaration(one));
  const sections = (wanted) => wanted.toSorted().map((name) => sectionOf(source, name, declarations.get(name)));
  const code = names.filter(isCode);
  return [HEAD, '## Functions and classes\n', ...sections(code), '## Types\n', ...sections(names.filter((name) => !code.includes(name)))].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(apiPage(readFileSync(TYPES, 'utf8')));
