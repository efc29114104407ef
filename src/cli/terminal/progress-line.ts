/**
 * The line of progress that may stand on the terminal (progress.ts): whoever writes there has it taken away first. There is one
 * terminal to a process, hence the state.
 */
let visible: (() => void) | undefined;
let holders = 0;

/** Takes the line away, if one stands there. To be called before anything is written to the terminal. */
export function clearLine(): void {
  const clear = visible;
  visible = undefined;
  clear?.();
}

/** Keeps the terminal free of a line, while a question stands there. Returns what ends that. */
export function holdLine(): () => void {
  clearLine();
  holders += 1;
  return () => {
    holders -= 1;
  };
}

export function isLineHeld(): boolean {
  return holders > 0;
}

/** Tells how to take away the line that was just written. */
export function lineStands(clear: () => void): void {
  visible = clear;
}
