/** What takes long, told on one line of the terminal: after a second, gone at the end, and never in a file or a pipe. */

import type { Activity } from '../../util/host/host.js';
import { greatest } from '../../util/lists.js';
import { SYSTEM_CLOCK } from '../../util/waiting/clock.js';
import { printable } from '../output/report.js';
import { clearLine, isLineHeld, lineStands } from './progress-line.js';
import type { Streams } from './streams.js';

const SECOND = 1000;
const USUAL_COLUMNS = 80;
/** Where terminals may take two columns for a character (East Asian scripts, emoji). */
const FIRST_WIDE = 0x1100;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** The line of one terminal. It has neither colours nor other control sequences, so that `NO_COLOR` changes nothing. */
export class Progress {
  readonly #screen: Screen;
  readonly #activities = new Map<Activity, { text: string; readonly since: number }>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Null where nobody looks: standard error is not a terminal, or one that cannot overwrite a line (`TERM=dumb`). */
  static on({ stderr, env }: Streams): Progress | null {
    const screen: Screen = stderr;
    return screen.isTTY === true && env.TERM !== 'dumb' ? new Progress(screen) : null;
  }

  /** Something that has been going on since a time (milliseconds, as `SYSTEM_CLOCK.steady` gives it). */
  begin(text: string, since: number): Activity {
    const activity: Activity = {
      now: (next) => {
        const entry = this.#activities.get(activity);
        if (entry) entry.text = next;
      },
      end: () => {
        if (this.#activities.delete(activity) && this.#activities.size === 0) this.#stop();
      },
    };
    this.#activities.set(activity, { text, since });
    if (this.#timer === undefined) this.#start();
    this.#draw();
    return activity;
  }

  #start(): void {
    this.#timer = setInterval(() => this.#draw(), SECOND);
    this.#timer.unref();
    for (const signal of SIGNALS) process.on(signal, this.#leave);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const signal of SIGNALS) process.off(signal, this.#leave);
    clearLine();
  }

  /** A signal takes the line away; unless somebody else listens, it then does what it would have done. */
  readonly #leave = (signal: NodeJS.Signals): void => {
    this.#activities.clear();
    this.#stop();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };

  #draw(): void {
    if (isLineHeld()) return;
    clearLine();
    const [line, columns] = cutToRoom(this.#text(), (this.#screen.columns || USUAL_COLUMNS) - 1);
    this.#screen.write(`\r${line}`);
    lineStands(() => this.#screen.write(`\r${' '.repeat(columns)}\r`));
  }

  #text(): string {
    const all = [...this.#activities.values()];
    const now = SYSTEM_CLOCK.steady();
    const longest = greatest(all.map((entry) => now - entry.since));
    const texts = [...new Set(all.map((entry) => printable(entry.text)))];
    return `${texts.join(', ')} (${Math.round(longest / SECOND)} s)`;
  }
}

/** As much of a text as has room, and the columns it takes at most. */
function cutToRoom(text: string, room: number): [line: string, columns: number] {
  let columns = 0;
  let line = '';
  for (const character of text) {
    const width = (character.codePointAt(0) ?? 0) < FIRST_WIDE ? 1 : 2;
    if (columns + width > room) break;
    columns += width;
    line += character;
  }
  return [line, columns];
}
