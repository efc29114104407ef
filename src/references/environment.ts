/** A YAML or JSON file of references as an environment: what `refs env` prints and `refs exec` passes on. */
import { SopsError } from '../errors.js';
import type { KeptValues } from '../operations/programs/kept-run.js';
import type { Branch } from '../tree/tree.js';
import type { Session } from '../util/host/host.js';
import { resolveDocuments } from './documents.js';
import { documentsOf, type EvaluationRequest, withKeptValues, withResolver } from './evaluate.js';
import type { Resolver } from './resolver.js';
import { textOfValue } from './value-text.js';

/** Also `=` where zsh takes what follows for the name of a program, whose path it puts there. */
const UNSAFE = /[^\w@%+=:,./-]|(?:^|:)=/;

/** The variables of the first document of a file that has any, in order. Throws `failed` for a file without, and for what is not text, number or truth value. */
export async function referencedEnvironment(
  request: EvaluationRequest,
  host: Session,
): Promise<ReadonlyMap<string, string>> {
  const first = await firstDocument(request, host);
  await withResolver(request, host, (resolver) => resolveDocuments([first], resolver));
  return variablesOf(first);
}

/** The same for a program that runs meanwhile: what was lent is kept, and to be given back when it ends. */
export async function keptEnvironment(
  request: EvaluationRequest,
  host: Session,
  signal: AbortSignal,
): Promise<{ readonly variables: ReadonlyMap<string, string>; readonly kept: KeptValues }> {
  const first = await firstDocument(request, host);
  const resolve = async (resolver: Resolver): Promise<ReadonlyMap<string, string>> => {
    await resolveDocuments([first], resolver);
    return variablesOf(first);
  };
  const { done, kept } = await withKeptValues(request, host, resolve, signal);
  return { variables: done, kept };
}

async function firstDocument(request: EvaluationRequest, host: Session): Promise<Branch> {
  const { roots } = await documentsOf(request.input, host);
  // Empty ones do not count, as in vals: a program must not run without what it was to get.
  const first = roots.find(({ items }) =>
    (items as readonly { kind: string }[]).some(({ kind }) => kind !== 'comment'),
  );
  if (!first) throw new SopsError('failed', 'the file has no values for variables');
  if (first.kind === 'branch') return first;
  throw new SopsError('failed', 'the file is a list, which has no names for variables');
}

function variablesOf({ items }: Branch): Map<string, string> {
  const variables = new Map<string, string>();
  for (const entry of items) {
    if (entry.kind === 'comment') continue;
    const text = entry.value.kind === 'leaf' ? textOfValue(entry.value) : undefined;
    if (text === undefined) {
      throw new SopsError('failed', `${entry.key} is not text, number or truth value, which a variable must be`, {
        hint: 'Name a value in it with #/KEY, or leave the key out.',
      });
    }
    checkName(entry.key, text);
    variables.set(entry.key, text);
  }
  return variables;
}

/**
 * The variables as lines for a shell, quoted where that is needed. Throws `failed` for one to be exported that shells keep for
 * themselves; without `export` they may be the lines of a dotenv file.
 */
export async function environmentLines(variables: ReadonlyMap<string, string>, exported: boolean): Promise<string> {
  const shell = exported ? await import('../operations/programs/shell-names.js') : undefined;
  const lines = [...variables].map(([name, value]) => {
    shell?.checkTaken('bash', name, value);
    const quoted = UNSAFE.test(value) ? `'${value.replaceAll("'", `'"'"'`)}'` : value;
    return `${exported ? 'export ' : ''}${name}=${quoted}\n`;
  });
  return lines.join('');
}

function checkName(name: string, text: string): void {
  const isName = /^[A-Za-z_]\w*$/.test(name);
  if (isName && !text.includes('\0')) return;
  const what = isName ? 'holds a zero byte' : 'is not a name of a variable';
  throw new SopsError('failed', `${JSON.stringify(name)} ${what}`, { hint: 'Names have letters, digits and _ .' });
}
