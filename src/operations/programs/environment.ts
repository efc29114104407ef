/** From an open document to environment variables: as SOPS has it, or with nested keys flattened. */
import { SopsError } from '../../errors.js';
import { flatText } from '../../formats/scalar.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch, KeyPath, Leaf } from '../../tree/tree.js';

export interface EnvironmentChoice {
  /**
   * Nested keys become one name, joined with `_`, indexes of lists (from 0, comments not counted) too:
   * `db.hosts[0]` is `db_hosts_0`. Otherwise maps and lists are refused, as SOPS does.
   */
  readonly flatten: boolean;
  /** Put before every name. */
  readonly prefix: string;
  /** The names wanted, without the prefix; undefined for all. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Whether values may hold bytes that are not UTF-8: Node cannot pass them on to a program, but a shell that is told can. */
  readonly anyBytes?: boolean | undefined;
}

interface Variable {
  readonly name: string;
  readonly path: KeyPath;
  readonly leaf: Leaf;
}

/**
 * The variables of a document, in order; when a key stands twice the later one counts. Null is the empty text
 * (docs/differences-from-sops.md#exec-env-and-exec-file). Throws `failed` keys only, for maps and lists that are not to
 * be flattened, two places that give one name, a name with `=`, and U+0000 or bytes that are not UTF-8.
 */
export function variablesOf(document: Branch, choice: EnvironmentChoice): Map<string, string> {
  const found = new Map<string, string>();
  const paths = new Map<string, string>();
  for (const { name, path, leaf } of choice.flatten ? flattened(document) : plain(document)) {
    if (choice.only && !choice.only.has(name)) continue;
    const joined = path.join('\0');
    const other = paths.get(name);
    if (other !== undefined && other !== joined) throw collision(name, other.split('\0'), path);
    paths.set(name, joined);
    found.delete(`${choice.prefix}${name}`);
    found.set(checkedName(`${choice.prefix}${name}`, path), textOf(leaf, path, choice));
  }
  return found;
}

function* plain(document: Branch): Generator<Variable> {
  for (const entry of document.items) {
    if (entry.kind !== 'item') continue;
    const path = [entry.key];
    if (entry.value.kind !== 'leaf') {
      throw new SopsError('failed', `cannot use complex value in environment; offending key ${entry.key}`, {
        path,
        hint: 'Nested keys are joined into one name with: sops-ts exec-env FILE -- PROGRAM ARGUMENT…',
      });
    }
    yield { name: entry.key, path, leaf: entry.value };
  }
}

function* flattened(document: Branch): Generator<Variable> {
  for (const { node, valuePath } of leaves([document])) {
    const path = valuePath.map(String);
    yield { name: path.join('_'), path, leaf: node };
  }
}

function collision(name: string, one: KeyPath, other: KeyPath): SopsError {
  return new SopsError(
    'failed',
    `two keys give the same environment variable ${name}: ${one.join('.')} and ${other.join('.')}`,
    {
      hint: 'Rename one of the keys, or choose variables with --only.',
    },
  );
}

function checkedName(name: string, path: KeyPath): string {
  if (name.includes('=')) {
    throw new SopsError('failed', `cannot use keys with '=' in environment: ${name}`, { path });
  }
  return checkedText(name, path, 'the name of an environment variable');
}

function textOf({ value }: Leaf, path: KeyPath, { anyBytes = false }: EnvironmentChoice): string {
  return value === null
    ? ''
    : checkedText(flatText({ kind: 'leaf', value }, false, 'environment', path), path, 'the value', anyBytes);
}

/** What the system cannot pass on, or Node only with changes. */
function checkedText(text: string, path: KeyPath, what: string, anyBytes = false): string {
  const key = path.join('.');
  if (text.includes('\0')) {
    throw new SopsError('failed', `environment variable contains NUL: ${what} of key ${key}`, { path });
  }
  if (!anyBytes && !text.isWellFormed()) {
    throw new SopsError('failed', `${what} of key ${key} holds bytes that are not UTF-8`, {
      path,
      hint: 'exec-file passes any bytes on.',
    });
  }
  return text;
}
