/** Flags that the commands of the key agent share. */
import { durationOf, SHELL_NAMES } from '../agent.js';
import { flag, type Values } from '../words/flag.js';

export const timeFlags = {
  idle: flag.text('idle', {
    value: 'TIME',
    help: 'forget a data key that was not asked for so long (by default 1h)',
  }),
  lifetime: flag.text('lifetime', {
    value: 'TIME',
    help: 'forget it so long after it was opened in any case (by default 8h)',
  }),
};

export const shellFlag = {
  shell: flag.text('shell', {
    value: 'SHELL',
    help: `print code for ${SHELL_NAMES.join(', ')} (by default as $SHELL says)`,
    offers: SHELL_NAMES,
  }),
};

/** In milliseconds. Throws `usage`. */
export function timesOf(
  { idle, lifetime }: Values<typeof timeFlags>,
  command: string,
): { readonly idle: number; readonly lifetime: number } {
  return {
    idle: durationOf(idle ?? '1h', 'idle', command),
    lifetime: durationOf(lifetime ?? '8h', 'lifetime', command),
  };
}
