/** The variables that files hold: what `exec-env` passes to a program, and `export` prints for a shell. */
import { SopsError } from '../../errors.js';
import { mayRunCode } from '../../exec/code-variables.js';
import { surprising } from '../../formats/leaf-surprises.js';
import type { EncryptionScope } from '../../tree/scope.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import { walk } from '../../tree/walk.js';
import type { Host, Session } from '../../util/host/host.js';
import { leavesOf } from '../read/leaves.js';
import { plainText } from '../read/open-file.js';
import { type OpenedSecrets, openSecrets, type SecretsRequest } from '../read/open-secrets.js';
import { variablesOf } from './environment.js';
import type { KeptValues } from './kept-run.js';

export interface VariablesRequest extends SecretsRequest {
  /** At least one; the values of a later file win. */
  readonly files: readonly string[];
  /** See `EnvironmentChoice`. */
  readonly flatten: boolean;
  readonly prefix: string;
  /** The variables wanted, by their names without the prefix; empty for all. */
  readonly only: readonly string[];
  /** Takes the values of dotenv files as SOPS reads them, without a word. */
  readonly rawValues: boolean;
  /** Whether dotenv files are read as programs read them, though nothing is flattened. */
  readonly ownReading?: boolean | undefined;
  /** See `EnvironmentChoice`. */
  readonly anyBytes?: boolean | undefined;
  /** Puts values in the place of references; `origins` has the file of each variable. Given when the user asks for that. */
  readonly resolve?:
    | ((
        variables: ReadonlyMap<string, string>,
        origins: ReadonlyMap<string, string>,
        host: Session,
        signal: AbortSignal | undefined,
      ) => Promise<ResolvedVariables>)
    | undefined;
}

/** Variables whose references have been resolved. */
export interface ResolvedVariables {
  readonly variables: ReadonlyMap<string, string>;
  readonly kept: KeptValues;
  /** The first secret that holds something else than when it was read, as it is shown; undefined for none. Asked for again and again. */
  changed(): Promise<string | undefined>;
}

export interface OpenedVariables {
  readonly opened: readonly OpenedSecrets[];
  /** What keeps values good that a store lent; absent where no references were resolved. */
  readonly kept?: KeptValues;
  readonly changed?: ResolvedVariables['changed'];
  /** In order. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Opens the files one by one. Throws as {@link openSecrets} and {@link variablesOf} do, and `failed` when a wanted variable is in no file. */
export async function openVariables(
  request: VariablesRequest,
  host: Session,
  signal?: AbortSignal,
): Promise<OpenedVariables> {
  const opened: OpenedSecrets[] = [];
  for (const file of request.files) opened.push(await openSecrets(file, request, host));
  const origins = new Map<string, string>();
  const variables = gather(opened, request, host, origins);
  return { opened, ...(request.resolve ? await request.resolve(variables, origins, host, signal) : { variables }) };
}

/** The variables of all files; a later file wins. Throws `failed` when a wanted one is in no file. */
function gather(
  opened: readonly OpenedSecrets[],
  request: VariablesRequest,
  host: Host,
  origins: Map<string, string>,
): Map<string, string> {
  const { flatten, prefix, anyBytes } = request;
  const only = request.only.length === 0 ? undefined : new Set(request.only);
  const all = new Map<string, string>();
  for (const [at, secrets] of opened.entries()) {
    const { file, warnings, scope } = secrets;
    const path = request.files[at] ?? '';
    const own = ownReading(secrets, request, host);
    for (const warning of warnings) host.warn(warning);
    const [first, ...others] = own ? [own] : file.documents;
    if (others.length > 0) host.warn(`${path} has several documents; only the first one is used`);
    checkHoldsVariables(secrets, path, host);
    for (const [name, value] of first ? variablesOf(first, { flatten, prefix, only, anyBytes }) : []) {
      all.delete(name);
      all.set(name, value);
      origins.set(name, path);
    }
    warnOfCode(request, { file: request.files[at] ?? '', document: file.documents[0], scope }, host);
  }
  const missing = request.only.filter((name) => !all.has(`${prefix}${name}`));
  if (missing.length > 0) throw new SopsError('failed', `--only names what is in no file: ${missing.join(', ')}`);
  return all;
}

/**
 * The variables of a format that programs load into their environment, as they read them; undefined where SOPS's reading counts,
 * which is told when it is another.
 */
function ownReading(
  secrets: OpenedSecrets,
  { flatten, ownReading: isOwn = flatten, rawValues, files, anyBytes }: VariablesRequest,
  host: Host,
): Branch | undefined {
  const { store, file } = secrets;
  if (!store.environment || rawValues) return undefined;
  if (isOwn) {
    const text = plainText(secrets);
    if (!text.isWellFormed()) {
      // What is not text cannot be passed on; the error for that names the key.
      if (!anyBytes) return undefined;
      throw new SopsError('failed', 'the file holds bytes that are not UTF-8, which no program reads as dotenv', {
        file: files[0] ?? '',
        hint: 'With --raw-values everything after the first = is the value, as SOPS has it.',
      });
    }
    return branch([...store.environment(text)].map(([name, value]) => item(name, leaf(value))));
  }
  const found = file.surprises?.() ?? [];
  if (found.length > 0) host.warn(surprising(files[0] ?? '', found));
  return undefined;
}

interface ReadFile {
  readonly file: string;
  readonly document: Branch | undefined;
  readonly scope: EncryptionScope;
}

/** Warns of variables that make programs run code, and that anyone who can write to the file may have set without knowing its key. */
function warnOfCode(
  { flatten, prefix, only }: VariablesRequest,
  { file, document, scope }: ReadFile,
  host: Host,
): void {
  const wanted = only.length === 0 ? undefined : new Set(only);
  const names = new Set<string>();
  if (!document) return;
  walk([document], scope, {
    leaf(_, { path, selected }) {
      // In the own form a dotenv file's `export NAME` is NAME.
      const name = flatten
        ? path
            .join('_')
            .replace(/^\s*export\s+/, '')
            .trim()
        : (path[0] ?? '');
      if (!selected && (wanted?.has(name) ?? true)) names.add(`${prefix}${name}`);
    },
  });
  const risky = [...names].filter((name) => mayRunCode(name, host.platform));
  if (risky.length === 0) return;
  const what =
    risky.length === 1
      ? 'stands in clear, where it may have been changed; encrypt it, or leave it out'
      : 'stand in clear, where they may have been changed; encrypt them, or leave them out';
  host.warn(`${file}: ${risky.join(', ')} can make programs run other code, and ${what} with --only`);
}

/**
 * Refuses a file from which the program would get nothing that it looks for, although there is something: what SOPS took for binary
 * is one text to it, and of several documents it sees the first one.
 */
function checkHoldsVariables({ file, store }: OpenedSecrets, path: string, host: Host): void {
  const [first] = file.documents;
  const isContent = store.contentKey !== undefined;
  if (!isContent && (leavesOf(first ? [first] : []).length > 0 || leavesOf(file.documents).length === 0)) return;
  const what = isContent ? 'a binary file, which has no variables' : 'a file whose first document is empty';
  if (host.calledAsSops) {
    host.warn(`${path} is ${what}${isContent ? `: all of it becomes the variable ${store.contentKey}` : ''}`);
    return;
  }
  const again = `sops-ts decrypt -i ${path} && sops-ts encrypt -i --input-type dotenv ${path}`;
  throw new SopsError('failed', `nothing would be set in the environment: it is ${what}`, {
    file: path,
    hint: isContent
      ? `If it is a dotenv file inside: ${again}\nsops-ts exec-file gives a program the content of any file.`
      : 'Put the variables into the first document.',
  });
}
