/** What `git install` and its kin say, a line for each step. */
import { SopsError } from '../errors.js';
import type { SetupStep, StepKind } from '../git/setup-report.js';
import { systemAdvice } from '../util/files.js';
import { wordedFailure } from '../util/system-failure.js';
import { printable } from './report.js';
import { SteadyPrint } from './steady-print.js';
import type { Streams } from './streams.js';

const SIGNS: Readonly<Record<StepKind, string>> = { done: '+', kept: ' ', todo: '!' };

/** Lines that begin with `+` for what was changed, `!` for what is left to do, else with a blank. */
export function setupText(steps: readonly SetupStep[]): string {
  const lines = steps.flatMap(({ kind, text, lines = [] }) => [
    `${SIGNS[kind]} ${printable(text)}`,
    ...lines.map((line) => `      ${printable(line)}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Prints each step when it is done. Of an error behind a change it says that this stays, and with `further` how to go on or back. Throws what
 * the steps throw, and what printing throws once they are all done.
 */
export async function tellSteps(steps: AsyncIterable<SetupStep>, further: string, streams: Streams): Promise<void> {
  let isChanged = false;
  const printed = new SteadyPrint(streams);
  try {
    for await (const step of steps) {
      isChanged ||= step.kind === 'done';
      await printed.add(setupText([step]));
    }
  } catch (thrown) {
    const error = wordedFailure(thrown);
    throw isChanged && error instanceof SopsError ? halfDone(error, further) : error;
  }
  await printed.end();
}

function halfDone(error: SopsError, further: string): SopsError {
  const { code, message, file, path, detail } = error;
  const advice = error.hint ?? systemAdvice(error);
  const hint = [...(advice === undefined ? [] : [advice]), `What is told above is done and stays. ${further}`].join(
    '\n',
  );
  return new SopsError(code, message, {
    cause: error,
    hint,
    ...(file === undefined ? {} : { file }),
    ...(path === undefined ? {} : { path }),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** Whether something is left to do. */
export function isUnfinished(steps: readonly SetupStep[]): boolean {
  return steps.some(({ kind }) => kind === 'todo');
}
