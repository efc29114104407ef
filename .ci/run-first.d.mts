/** A function of a script, from its first character to behind its last. */
export interface FunctionRange {
  readonly start: number;
  readonly end: number;
}

export function markFunctions(text: string, ranges?: readonly FunctionRange[]): string;
