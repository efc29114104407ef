/** Colours on standard output: only on a terminal that has them, and not when `NO_COLOR` is set (no-color.org). */
import type { Streams } from './streams.js';

/** ANSI codes: what switches a look on, and what switches it off. */
const LOOKS = { underlined: [4, 24], green: [32, 39], red: [31, 39] } as const;

export type Look = keyof typeof LOOKS;

/** What gives a text a look; without colours it returns the text. */
export type Painter = (look: Look, text: string) => string;

export function painterFor({ stdout, env }: Streams): Painter {
  const isTerminal = (stdout as { isTTY?: boolean }).isTTY === true;
  if (!isTerminal || env.NO_COLOR || env.TERM === 'dumb') return (_look, text) => text;
  return (look, text) => {
    const [on, off] = LOOKS[look];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
