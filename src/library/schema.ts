/** Data held against a Standard Schema. What its validator says may quote the secret, so errors say it in our own words. */
import { type SchemaIssue, SopsError } from '../errors.js';
import { valuePathText } from '../operations/read/value-path.js';
import { usage } from './options.js';
import type { Data, StandardSchemaV1 } from './types.js';

export interface SchemaChoice {
  readonly schema?: StandardSchemaV1 | undefined;
  readonly showSchemaMessages?: boolean | undefined;
}

/** Issues in a message. */
const SHOWN = 3;

type Issue = NonNullable<Extract<StandardSchemaV1.Result<unknown>, { issues: readonly unknown[] }>['issues']>[number];

/** What a schema makes of data; without one the data. Throws `schema`. */
export async function fitted(
  data: Data,
  { schema, showSchemaMessages = false }: SchemaChoice,
  file?: string,
): Promise<Data> {
  if (!schema) return data;
  const result = await validated(schema, data, showSchemaMessages);
  if (!result.issues) return result.value;
  throw misfit(
    issuesIn(result.issues).map((issue) => issueOf(issue, data, showSchemaMessages)),
    file,
  );
}

async function validated(
  schema: StandardSchemaV1,
  data: Data,
  showsMessages: boolean,
): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    const result: unknown = await schema['~standard'].validate(data);
    if (typeof result === 'object' && result !== null) return result as StandardSchemaV1.Result<unknown>;
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

/** At least one: a validator that refuses something without saying what refuses the whole. */
function issuesIn(issues: unknown): readonly Issue[] {
  const found = Array.isArray(issues) ? issues.filter((one) => typeof one === 'object' && one !== null) : [];
  return found.length > 0 ? found : [{ message: '' }];
}

function issueOf({ path, message }: Issue, data: Data, showsMessages: boolean): SchemaIssue {
  const { known, isMissing } = knownPart(stepsIn(path), data);
  return { path: known, code: isMissing ? 'missing' : 'invalid', ...(showsMessages ? { message } : {}) };
}

function stepsIn(path: unknown): string[] {
  if (!Array.isArray(path)) return [];
  return path.map((step) => String(typeof step === 'object' && step !== null ? step.key : step));
}

/** As much of a path as the data has, and one key more where a map or list lacks it: what is behind that may come from values. */
function knownPart(steps: readonly string[], data: Data): { known: string[]; isMissing: boolean } {
  const known: string[] = [];
  let at = data;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null) break;
    known.push(step);
    if (!Object.hasOwn(at, step)) return { known, isMissing: true };
    at = at[step];
  }
  return { known, isMissing: false };
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
