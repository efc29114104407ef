/** `types`: types for the values of encrypted files, from what can be read of them without a key. */
import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { type FormatName, formatNamed } from '../../formats/registry.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { branch } from '../../tree/tree.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { realPathIfThere } from '../../util/files/real-path.js';
import type { Host } from '../../util/host/host.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { writeOutput } from '../output.js';
import { readAsChosen, readInput } from '../read/input.js';
import { shapeOf, shapeOfDocuments, type ValueShape } from './shape.js';
import { type IntegerTyping, type NamedShape, schemaOf, typescriptOf } from './shape-text.js';

export interface TypesRequest {
  /** At least one. */
  readonly files: readonly string[];
  readonly inputType?: FormatName | undefined;
  readonly format: 'ts' | 'json-schema';
  /** Of the type of a lone file; without it the file's name tells. */
  readonly name?: string | undefined;
  readonly integers: IntegerTyping;
  /** Whether values in clear are told. */
  readonly literals: boolean;
}

/** The types of files, as a text. Throws `usage`, `metadata-invalid` for a file that is not encrypted, and what reading throws. */
export async function typesOfFiles(request: TypesRequest, host: Host): Promise<string> {
  const { files, name, format, integers } = request;
  if (name !== undefined && files.length > 1) throw wrong('--name is for one file');
  if (format === 'json-schema' && files.length > 1) throw wrong('a JSON Schema is for one file');
  const shapes: NamedShape[] = [];
  for (const file of files) {
    const called = typeName(name ?? basename(file), name !== undefined);
    const twin = shapes.findIndex((shape) => shape.name === called);
    if (twin >= 0) throw wrong(`${files[twin]} and ${file} would both have the type ${called}`);
    shapes.push({ name: called, shape: await shapeOfFile(file, request, host) });
  }
  const [first] = shapes;
  return format === 'json-schema' && first ? schemaOf(first) : typescriptOf(shapes, integers);
}

async function shapeOfFile(file: string, { inputType, literals }: TypesRequest, host: Host): Promise<ValueShape> {
  const input = { kind: 'file', path: file } as const;
  try {
    const read = await readAsChosen(await readInput(input, host), { input, inputType }, host);
    metadataFromBranch(read.file.metadata);
    if (formatNamed(read.store.name).whole) return { kind: 'leaf', type: 'content' };
    const onRecord = (path: readonly string[]): void =>
      host.warn(`${file}: the keys of ${path.join('.') || 'the file'} look like data, so they are typed as any text`);
    const { documents } = read.file;
    const [only = branch(), ...others] = documents;
    const choice = { literals, onRecord };
    return others.length === 0 ? shapeOf(only, choice) : shapeOfDocuments(documents, choice);
  } catch (error) {
    throw error instanceof SopsError ? error.with(error.code, { file: error.file ?? file }) : error;
  }
}

/** `app-secrets.enc.yaml` is `AppSecretsEnc`. Throws `usage` for a name that was given and is not one. */
function typeName(text: string, isGiven: boolean): string {
  if (isGiven) {
    if (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(text) && !TAKEN.test(text)) return text;
    throw wrong(`${JSON.stringify(text)} is not a name for a type`);
  }
  const bare = text.replace(/\.[A-Za-z0-9]*$/, '') || text;
  const words = bare.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
  return name === '' || /^\d/.test(name) || TAKEN.test(name) ? `Secrets${name}` : name;
}

/** Words of TypeScript that a type cannot be called, and types that those of files are made of. */
const TAKEN =
  /^(?:any|await|bigint|boolean|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|never|new|null|number|object|package|private|protected|public|return|static|string|super|switch|symbol|this|throw|true|try|typeof|undefined|unknown|var|void|while|with|yield|Record|Uint8Array)$/;

/** What stands in a file of types, in lines as ours, whatever a checkout made of them; undefined when it is not there. Throws `input-unreadable`. */
export function typesIn(path: string, host: Host): string | undefined {
  try {
    return decodeText(readFileSync(resolve(host.cwd, path))).replaceAll('\r\n', '\n');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new SopsError('input-unreadable', `cannot read ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
}

/** Writes types into a file, if it holds others. Throws `usage` for one of the files that the types are of. */
export async function writeTypes(path: string, text: string, { files }: TypesRequest, host: Host): Promise<void> {
  if (typesIn(path, host) === text) return;
  const [target, ...sources] = [path, ...files].map((file) => realPathIfThere(resolve(host.cwd, file)));
  // Nothing that is not there is lost.
  if (target !== undefined && sources.includes(target))
    throw wrong(`${path} is the encrypted file itself, which the types would take the place of`);
  const output = { kind: 'file', path } as const;
  const input = { kind: 'stdin', read: async () => new Uint8Array() } as const;
  await writeOutput(encodeText(text), 'ciphertext', { output, input, read: null }, host);
}

/** The names that one text of types has and another has not, with where they stand and their types: `+` for those of the new one. */
export function changedNames(old: string, made: string): string[] {
  const [before, after] = [namesIn(old), namesIn(made)];
  const lost = [...before].filter((name) => !after.has(name)).map((name) => `- ${name}`);
  return [...lost, ...[...after].filter((name) => !before.has(name)).map((name) => `+ ${name}`)];
}

const NAMED_LINE = /^( *)(?:export (?:interface|type) )?("(?:[^"\\]|\\.)*"|[\w$]+):? (.*)$/;

interface NamedType {
  readonly depth: number;
  /** With the names that it stands below. */
  readonly name: string;
  type: string;
}

/** What a text names, with the type of each in one line: of what has names of its own that it is a map. */
function namesIn(text: string): Set<string> {
  const above: NamedType[] = [];
  const names: NamedType[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', name, type = ''] = NAMED_LINE.exec(line) ?? [];
    const depth = line.length - line.trimStart().length;
    while ((above.at(-1)?.depth ?? -1) >= depth + (name === undefined ? 1 : 0)) above.pop();
    const outer = above.at(-1);
    if (name !== undefined) {
      const named = { depth: indent.length, name: outer ? `${outer.name}.${name}` : name, type: inOneLine(type) };
      above.push(named);
      names.push(named);
    } else if (outer?.depth === depth) outer.type += inOneLine(line.trimStart());
  }
  return new Set(names.map((one) => `${one.name}: ${one.type}`));
}

/** A part of a type that goes over several lines, without the braces around what is on the others. */
function inOneLine(part: string): string {
  return part
    .replace(/^(?:= |[}\]])/, '')
    .replace(/[;,]$/, '')
    .replace(/\{$/, 'map')
    .replace(/\[$/, 'list');
}

function wrong(message: string): SopsError {
  return new SopsError('usage', message);
}
