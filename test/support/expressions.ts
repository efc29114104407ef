/** Finding the regular expressions of the source, and texts that make the slow ones slow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export interface FoundExpression {
  /** The file below src and the line. */
  readonly place: string;
  /** Undefined where the source of the expression is only known when the program runs. */
  readonly expression: RegExp | undefined;
}

/** Every expression of the TypeScript files below a folder, or of some of them: literals, and `new RegExp` of texts that are known. */
export function expressionsBelow(folder: string, choose = (paths: string[]): string[] => paths): FoundExpression[] {
  return choose(sourceFiles(folder)).flatMap((path) => {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const found: FoundExpression[] = [];
    const visit = (node: ts.Node): void => {
      const expression = expressionOf(node, file);
      if (expression) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        found.push({ place: `${relative(folder, path)}:${line + 1}`, ...expression });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function expressionOf(node: ts.Node, file: ts.SourceFile): { expression: RegExp | undefined } | undefined {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return { expression: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)) };
  }
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'RegExp') return undefined;
  const [source, flags] = (node.arguments ?? []).map((argument) => textOf(argument, file));
  return { expression: source === undefined ? undefined : new RegExp(source, flags ?? '') };
}

/** The text of a string or template whose parts are constants of the same file. */
function textOf(node: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text;
  if (ts.isTaggedTemplateExpression(node)) return node.template.getText().slice(1, -1);
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => {
      const text = textOf(expression, file);
      return text === undefined ? undefined : text + literal.text;
    });
    return parts.includes(undefined) ? undefined : node.head.text + parts.join('');
  }
  if (!ts.isIdentifier(node)) return undefined;
  const initializer = constantOf(node.text, file);
  return initializer && textOf(initializer, file);
}

function constantOf(name: string, file: ts.SourceFile): ts.Expression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const found = statement.declarationList.declarations.find((one) => one.name.getText() === name);
    if (found) return found.initializer;
  }
  return undefined;
}

/** One of each kind of character that expressions tell apart. */
const CHARACTERS = [...'aZ09 \t\n\r/=_-.:\'"\\[]{}()#;,%!$+|<>&*?@~^`\u00e9\u0000'];
/** Those that most expressions repeat. */
const COMMON = [...'a0 \n'];
/** What comes behind, so that a match that has been tried for long fails in the end. */
const END = '\u0001!';

/** Beginnings that get a search past the first parts of an expression. */
const STARTS = ['', 'z', 'a=', 'a: ', '-', '"', '- a: '];

/** Texts of about `size` characters in which an expression may try again and again. */
export function* hardTexts({ source }: RegExp, size: number): Generator<string> {
  const words = literalsOf(source);
  for (const unit of [...CHARACTERS, ...words]) {
    for (const start of STARTS) yield start + unit.repeat(size / unit.length) + END;
  }
  for (const word of words) {
    for (const unit of COMMON) {
      yield word + unit.repeat(size) + END;
      // As often as a single character, so that each one's search for the end counts.
      yield (word + unit).repeat(size / 2) + END;
    }
  }
}

/** The literal words of an expression's source: what stands between its signs. */
function literalsOf(source: string): string[] {
  const plain = source.replaceAll(/\[(?:[^\]\\]|\\.)*\]/g, '\0').replaceAll(/\\([^A-Za-z0-9])/g, '$1\ufffc');
  const words = plain.split(/\\.|[\0()|*+?^$.{}](?!\ufffc)/).map((word) => word.replaceAll('\ufffc', ''));
  return [...new Set(words.filter((word) => word.length > 1 && word.length < 60))];
}
