/** `ref+exec://PROGRAM/ARGUMENT…`: what a program prints. No shell is asked. */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import { decodeText } from '../../util/text/text.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { DeadlineError, withDeadline } from '../../util/waiting/deadline.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { yamlValues } from '../yaml-values.js';

const DEFAULT_SECONDS = 30;

interface Call {
  readonly args: readonly string[];
  readonly seconds: number;
  readonly trims: boolean;
  /** On top of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

export const program: BackendKind = {
  open(parameters, context) {
    const call = callOf(parameters, context);
    const printed = new LastingAnswers<string>();
    const run = (path: string): Promise<string> => printed.get(path, () => outputOf(path, call, context));
    return { text: run, values: async (path) => yamlValues(await run(path), 'what the program prints') };
  },
};

function callOf(parameters: ReadonlyMap<string, string>, context: ReferenceContext): Call {
  const own = (name: string): string | undefined => parameterOf(name, parameters, context);
  const seconds = own('timeout') ?? String(DEFAULT_SECONDS);
  if (!/^[1-9]\d{0,5}$/.test(seconds)) throw new SopsError('reference-malformed', 'timeout is a number of seconds');
  const env: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) {
    if (!name.startsWith('env_')) continue;
    context.demand('programs with variables, which can make them run others,');
    env[name.slice('env_'.length)] = value;
  }
  const args = own('args');
  return {
    args: args === undefined ? [] : args.split(','),
    seconds: Number(seconds),
    trims: own('trim') !== 'false',
    env,
  };
}

/** An absolute path is a program without arguments; else what stands after slashes are arguments. */
async function outputOf(path: string, { args, seconds, trims, env }: Call, context: ReferenceContext): Promise<string> {
  const { host } = context;
  const whole = path.replace(/\/$/, '');
  const [name = '', ...words] = whole.startsWith('/') ? [whole] : whole.split('/');
  const file = name === '' ? undefined : await findProgram(name, host);
  if (!file) throw new SopsError('reference-not-found', `the program ${JSON.stringify(name)} is not on PATH`);
  const outcome = await withDeadline(seconds * 1000, context.signal, (signal) =>
    runProgram({ file, args: [...words, ...args], env, cwd: context.folder, signal }, host),
  ).catch((error: unknown) => {
    if (error instanceof DeadlineError) {
      throw new SopsError('store-unreachable', `the program did not end within ${seconds} s`, {
        hint: 'Give ?timeout=SECONDS.',
      });
    }
    if (error instanceof SopsError) throw error;
    throw new SopsError('failed', `the program cannot be started: ${startReason(error)}`, { cause: error });
  });
  if (outcome.status !== 0) {
    throw new SopsError('failed', `the program failed: ${describeOutcome(outcome)}`, {
      detail: decodeText(outcome.stderr).trim(),
    });
  }
  const text = decodeText(outcome.stdout);
  return trims ? withoutTrailing(text, ' \t\n\r') : text;
}
