/** A real terminal: a shell in a tmux server of the test's own, which types keys and reads the screen. */
import { spawnSync } from 'node:child_process';
import { findTool } from './programs.js';

export const TMUX = findTool('tmux', 'TMUX_BIN', ['-V']);

const TIMEOUT_MS = 20_000;
const TURN_MILLISECONDS = 40;

export class Terminal {
  readonly #server = `sops-ts-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

  /** Starts a shell with exactly these variables. */
  constructor(cwd: string, env: Readonly<Record<string, string>>) {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const shell = [
      'env',
      '-i',
      'TERM=screen',
      'PS1=ready> ',
      'LC_ALL=C.UTF-8',
      ...variables,
      'bash',
      '--norc',
      '--noprofile',
    ];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '30', '-c', cwd, ...shell);
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by tmux's names: `Enter`, `Escape`, `C-c`. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Types a line and ends it. */
  enter(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  /** What is on the screen. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J').trimEnd();
  }

  /** Waits until the screen fits, and returns it. Throws with the screen when that takes too long. */
  async sees(wanted: string | RegExp): Promise<string> {
    for (let waited = 0; waited < TIMEOUT_MS; waited += TURN_MILLISECONDS) {
      const screen = this.screen();
      if (typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen)) return screen;
      await new Promise((settle) => setTimeout(settle, TURN_MILLISECONDS));
    }
    throw new Error(`waited for ${wanted} in vain:\n${this.screen()}`);
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...words: string[]): string {
    return spawnSync(TMUX ?? 'tmux', ['-L', this.#server, ...words], { encoding: 'utf8' }).stdout;
  }
}
