/**
 * What is derived from the modules of commands when the package is built: what start-up knows of them (src/cli/commands/table.ts), and
 * what help and completion say (texts.ts). From source these modules load every command to find out; in the package stands the result.
 */
import ts from 'typescript';
import { runSources } from './run-sources.mjs';

/** The modules, by what they export. */
const DERIVED = { 'src/cli/commands/table.ts': 'TABLE', 'src/cli/commands/texts.ts': 'TEXTS' };

/** Runs these modules as they are from source. Returns the text that takes the place of each, by path. */
async function derive(root, common) {
  const contents = Object.entries(DERIVED).map(([path, name]) => `export { ${name} } from './${path}';`).join('\n');
  const found = await runSources(root, common, contents);
  return new Map(Object.entries(DERIVED).map(([path, name]) => [path, `export const ${name} = ${parsed(found[name])};`]));
}

/** A value as an expression: V8 reads JSON faster than the same as JavaScript. */
function parsed(value) {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}

/** Properties of a command that only help and completion go by. */
const HELP_ONLY = new Set(['task', 'rank', 'summary', 'examples', 'operands', 'operandKinds']);

/** A source without what help and completion alone say, if it defines a command or flags: all of that stands in texts.ts. */
export function withoutTexts(path, text) {
  if (!/[\\/]cli[\\/](?:commands[\\/][\w-]+|words[\\/]program-flags)\.ts$/.test(path)) return text;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const cuts = [];
  const visit = (node) => {
    if (ts.isCallExpression(node)) cuts.push(...cutsIn(node, source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  const kept = [];
  let at = 0;
  for (const [from, to, instead] of cuts.sort(([one], [other]) => one - other)) {
    if (from < at) continue;
    kept.push(text.slice(at, from), instead);
    at = to;
  }
  return [...kept, text.slice(at)].join('');
}

/** What to cut from a call that defines a command or a flag: from where, to where, and what stands there instead. */
function cutsIn({ expression, arguments: given }, source) {
  const called = expression.getText(source);
  if (/^(?:variant|flag\.(?:yesNo|text|integer|list))$/.test(called)) return [[given[1].getStart(source), given.end, "''"]];
  if (called !== 'command') return [];
  const own = given[0].properties.filter(({ name }) => HELP_ONLY.has(name?.getText(source)));
  return own.map((property) => [property.getFullStart(), property.end + 1, '']);
}

/** Puts what is derived in the place of the modules that would derive it. */
export async function putDerived(root, common) {
  const texts = await derive(root, common);
  return {
    name: 'derived',
    setup(bundler) {
      bundler.onLoad({ filter: /[\\/]src[\\/]cli[\\/]commands[\\/](?:table|texts)\.ts$/ }, ({ path }) => {
        const contents = [...texts].find(([name]) => path.replaceAll('\\', '/').endsWith(name))?.[1];
        return { contents, loader: 'ts' };
      });
    },
  };
}
