/** Data held against a Standard Schema. What its validator says may quote the secret, so errors say it in our own words. */
import { type SchemaIssue, SopsError } from '../errors.js';
import { valuePathText } from '../operations/read/value-path.js';
import { isOf } from '../util/realms.js';
import { usage } from './options.js';
import type { Data, StandardSchemaV1 } from './types.js';

export interface SchemaChoice {
  readonly schema?: StandardSchemaV1 | undefined;
  readonly showSchemaMessages?: boolean | undefined;
}

/** Issues in a message. */
const SHOWN = 3;

type Result = StandardSchemaV1.Result<Data>;
type Issue = NonNullable<Result['issues']>[number];

/** What a schema makes of data; without one the data. Throws `schema`. */
export async function fitted(
  data: Data,
  { schema, showSchemaMessages = false }: SchemaChoice,
  file?: string,
): Promise<Data> {
  if (!schema) return data;
  const { value, issues } = await validated(schema, data, showSchemaMessages);
  if (issues) throw misfit(issues, file);
  return value;
}

interface Outcome {
  readonly value?: Data;
  /** In our own words. */
  readonly issues?: readonly SchemaIssue[];
}

async function validated(schema: StandardSchemaV1, data: Data, showsMessages: boolean): Promise<Outcome> {
  try {
    const result: unknown = await schema['~standard'].validate(data);
    if (typeof result === 'object' && result !== null) return outcomeOf(result as Result, data, showsMessages);
  } catch (cause) {
    // It may quote what it was given.
    throw new SopsError(
      'schema',
      'the schema could not look at the values: its validator failed',
      showsMessages ? { cause } : {},
    );
  }
  throw usage('option schema: its validator gave no result');
}

function outcomeOf(result: Result, data: Data, showsMessages: boolean): Outcome {
  const { issues } = result;
  if (!issues) return { value: result.value };
  const values = textsOfValues(data);
  return { issues: issuesIn(issues).map((issue) => issueOf(issue, { data, values }, showsMessages)) };
}

/** At least one: a validator that refuses something without saying what refuses the whole. */
function issuesIn(issues: unknown): readonly Issue[] {
  const found = Array.isArray(issues) ? issues.filter((one) => typeof one === 'object' && one !== null) : [];
  return found.length > 0 ? found : [{ message: '' }];
}

interface Looked {
  readonly data: Data;
  readonly values: ReadonlySet<string>;
}

function issueOf({ path, message }: Issue, looked: Looked, showsMessages: boolean): SchemaIssue {
  const { known, isMissing } = knownPart(stepsIn(path), looked);
  return { path: known, code: isMissing ? 'missing' : 'invalid', ...(showsMessages ? { message } : {}) };
}

function stepsIn(path: unknown): string[] {
  if (!Array.isArray(path)) return [];
  return path.map((step) => keyText(typeof step === 'object' && step !== null ? step.key : step));
}

function keyText(key: unknown): string {
  return typeof key === 'symbol' ? (key.description ?? '') : String(key);
}

/**
 * As much of a path as the data has, and one key more where a map or list lacks it, unless that is a value itself: schemas may make keys of
 * values. What is behind it may come from values, too.
 */
function knownPart(steps: readonly string[], { data, values }: Looked): { known: string[]; isMissing: boolean } {
  const known: string[] = [];
  let at = data;
  for (const step of steps) {
    if (!isContainer(at)) break;
    const isThere = Object.hasOwn(at, step);
    if (!isThere && values.has(alike(step))) break;
    known.push(step);
    if (!isThere) return { known, isMissing: true };
    at = at[step];
  }
  return { known, isMissing: false };
}

/** A map or a list, and not a value that is an object: times by choice, and the bytes of a binary file, which has no keys. */
function isContainer(data: Data): data is Record<string, Data> {
  return (
    Array.isArray(data) || (typeof data === 'object' && data !== null && !isOf(Date, data) && !ArrayBuffer.isView(data))
  );
}

/** Validators may make a key of a value in other letters, or with spaces around it. */
function alike(text: string): string {
  return text.trim().toLowerCase();
}

function textsOfValues(data: Data): ReadonlySet<string> {
  const texts = new Set<string>();
  const pending: Data[] = [data];
  while (pending.length > 0) {
    const at = pending.pop();
    if (isContainer(at)) for (const part of Object.values(at)) pending.push(part);
    else if (!ArrayBuffer.isView(at)) texts.add(alike(String(at)));
  }
  return texts;
}

function misfit(issues: readonly SchemaIssue[], file: string | undefined): SopsError {
  const told = issues
    .slice(0, SHOWN)
    .map(({ path, code }) => `${path.length === 0 ? 'the whole' : valuePathText(path)} is ${code}`);
  const rest = issues.length > SHOWN ? `, and ${issues.length - SHOWN} more` : '';
  return new SopsError('schema', `the values do not fit the schema: ${told.join(', ')}${rest}`, {
    ...(file === undefined ? {} : { file }),
    ...(issues[0] ? { path: issues[0].path } : {}),
    issues,
    hint: 'Mend the values, or the schema; showSchemaMessages puts into issues what the validator says, which may quote values.',
  });
}
