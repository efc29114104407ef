/** Shapes as TypeScript, and as JSON Schema. Keys are an attacker's: nothing of them gets out of its quotes. */
import { SopsError } from '../../errors.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { escapedUnit } from '../../util/text/text.js';
import type { ValueShape } from './shape.js';

/** How integers are typed. */
export type IntegerTyping = 'safe' | 'bigint' | 'mixed';

/** A shape with a name. */
export interface NamedShape {
  readonly name: string;
  readonly shape: ValueShape;
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
/** Ends of lines, and signs that change how a line looks. */
const UNSEEN = /[\u2028\u2029\p{Cf}]/gu;
const HEAD = '// Made by `sops-ts types`: keys and types of encrypted files, and no secret of them.\n';

const INTEGERS: Readonly<Record<IntegerTyping, string>> = {
  safe: 'number',
  bigint: 'bigint',
  mixed: 'number | bigint',
};

/** A module of TypeScript that exports a type for each shape. */
export function typescriptOf(shapes: readonly NamedShape[], integers: IntegerTyping): string {
  const declared = shapes.map(({ name, shape }) => {
    const text = settle(typeText(shape, { integers, indent: '' }));
    const isBody = shape.kind === 'map' && text.startsWith('{');
    return isBody ? `export interface ${name} ${text}\n` : `export type ${name} = ${text};\n`;
  });
  return [HEAD, ...declared].join('\n');
}

interface Printing {
  readonly integers: IntegerTyping;
  readonly indent: string;
}

function* typeText(shape: ValueShape, printing: Printing): Steps<string> {
  switch (shape.kind) {
    case 'leaf':
      return leafText(shape.type, printing.integers);
    case 'literal':
      return quoted(shape.value);
    case 'list':
      return `${inBrackets(yield typeText(shape.of, printing), shape.of)}[]`;
    case 'record':
      return `Record<string, ${yield typeText(shape.of, printing)}>`;
    case 'union':
      return yield unionText(shape.parts, printing);
    default:
      return yield mapText(shape.entries, printing);
  }
}

function* unionText(parts: readonly ValueShape[], printing: Printing): Steps<string> {
  const texts = new Set<string>();
  for (const part of parts) {
    const text = yield typeText(part, printing);
    // Integers may be a union themselves, and have something in common with floats.
    for (const one of part.kind === 'leaf' ? text.split(' | ') : [text]) texts.add(one);
  }
  return texts.size === 0 ? 'never' : [...texts].join(' | ');
}

function* mapText(entries: ReadonlyMap<string, ValueShape>, printing: Printing): Steps<string> {
  if (entries.size === 0) return 'Record<string, never>';
  const indent = `${printing.indent}  `;
  const lines: string[] = [];
  for (const [key, shape] of entries) {
    const name = IDENTIFIER.test(key) ? key : quoted(key);
    lines.push(`${indent}${name}: ${yield typeText(shape, { ...printing, indent })};\n`);
  }
  return `{\n${lines.join('')}${printing.indent}}`;
}

function inBrackets(text: string, { kind }: ValueShape): string {
  return (kind === 'union' && text !== 'never') || text.includes(' | ') ? `(${text})` : text;
}

function leafText(type: string, integers: IntegerTyping): string {
  const texts: Readonly<Record<string, string>> = {
    str: 'string',
    bytes: 'string',
    time: 'string',
    int: INTEGERS[integers],
    float: 'number',
    bool: 'boolean',
    null: 'null',
    content: 'Uint8Array',
  };
  return (Object.hasOwn(texts, type) && texts[type]) || 'unknown';
}

/** As a string of JSON, which is one of TypeScript as well; what does not show is escaped. */
function quoted(value: string | number | boolean): string {
  return JSON.stringify(value).replaceAll(UNSEEN, (sign) => sign.split('').map(escapedUnit).join(''));
}

/** A JSON Schema (2020-12) of one shape. */
export function schemaOf({ name, shape }: NamedShape): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: name,
    ...settle(schemaSteps(shape)),
  };
  try {
    return `${JSON.stringify(schema, null, 2)}\n`;
  } catch (error) {
    // It takes a call for every level, and so do all that read it.
    if (!(error instanceof RangeError)) throw error;
    throw new SopsError('output-format', 'the file has too many levels of nesting for a JSON Schema');
  }
}

function* schemaSteps(shape: ValueShape): Steps<object> {
  switch (shape.kind) {
    case 'leaf':
      return leafSchema(shape.type);
    case 'literal':
      return { const: shape.value };
    case 'list':
      return { type: 'array', ...(isNothing(shape.of) ? { maxItems: 0 } : { items: yield schemaSteps(shape.of) }) };
    case 'record':
      return { type: 'object', additionalProperties: yield schemaSteps(shape.of) };
    case 'union': {
      const anyOf: object[] = [];
      for (const part of shape.parts) anyOf.push(yield schemaSteps(part));
      return { anyOf };
    }
    default:
      return yield mapSchema(shape.entries);
  }
}

function isNothing(shape: ValueShape): boolean {
  return shape.kind === 'union' && shape.parts.length === 0;
}

function* mapSchema(entries: ReadonlyMap<string, ValueShape>): Steps<object> {
  const properties: [string, object][] = [];
  for (const [key, shape] of entries) properties.push([key, yield schemaSteps(shape)]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...entries.keys()],
    additionalProperties: false,
  };
}

function leafSchema(type: string): object {
  const words: Readonly<Record<string, string>> = {
    str: 'string',
    bytes: 'string',
    time: 'string',
    int: 'integer',
    float: 'number',
    bool: 'boolean',
    null: 'null',
  };
  return Object.hasOwn(words, type) ? { type: words[type] } : {};
}
