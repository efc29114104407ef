/** What `git install` and its kin say, a line for each step. */
import type { SetupStep, StepKind } from '../../git/setup-report.js';
import { withDone } from '../../util/half-done.js';
import { SteadyPrint } from '../terminal/steady-print.js';
import type { Streams } from '../terminal/streams.js';
import { printable } from './report.js';

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
 * Prints each step when it is done. Of an error after a change it says that this stays, and with `further` how to go on or back. Throws what
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
    throw isChanged ? withDone(thrown, `What is told above is done and stays. ${further}`) : thrown;
  }
  await printed.end();
}

/** Whether something is left to do. */
export function isUnfinished(steps: readonly SetupStep[]): boolean {
  return steps.some(({ kind }) => kind === 'todo');
}
