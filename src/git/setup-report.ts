/** What setting up git came to: what was done, and what is left for the user. */

/** `done`: it was changed; `kept`: it was so already; `todo`: something is left to do, or cannot be done here. */
export type StepKind = 'done' | 'kept' | 'todo';

export interface SetupStep {
  readonly kind: StepKind;
  /** One sentence, without full stop. */
  readonly text: string;
  /** Lines that belong to it, to be shown below. */
  readonly lines?: readonly string[];
}

export function done(text: string, lines?: readonly string[]): SetupStep {
  return step('done', text, lines);
}

export function kept(text: string, lines?: readonly string[]): SetupStep {
  return step('kept', text, lines);
}

export function todo(text: string, lines?: readonly string[]): SetupStep {
  return step('todo', text, lines);
}

/** `done` for a change, else `kept`. */
export function changed(isChanged: boolean, text: string): SetupStep {
  return step(isChanged ? 'done' : 'kept', text);
}

function step(kind: StepKind, text: string, lines?: readonly string[]): SetupStep {
  return lines === undefined || lines.length === 0 ? { kind, text } : { kind, text, lines };
}
