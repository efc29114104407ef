/** What `git install` and its kin say, a line for each step. */
import type { SetupStep, StepKind } from '../git/setup-report.js';
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

/** Whether something is left to do. */
export function isUnfinished(steps: readonly SetupStep[]): boolean {
  return steps.some(({ kind }) => kind === 'todo');
}
