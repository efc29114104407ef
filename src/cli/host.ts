/** The surroundings of a run as the library sees them, made from what `main` was given. */
import type { AuditLog, Host } from '../util/host.js';
import { printable } from './report.js';
import { type Streams, say } from './streams.js';

/** A host whose warnings go to standard error, one line each, and whose secrets are asked for on the terminal. */
export function createHost(streams: Streams, audit?: AuditLog): Host {
  return {
    audit,
    env: streams.env,
    get cwd() {
      return streams.cwd;
    },
    platform: streams.platform,
    async askSecret(prompt) {
      const { askOnTerminal } = await import('./terminal.js');
      return askOnTerminal(prompt, streams);
    },
    warn(message) {
      say(streams.stderr, `warning: ${printable(message)}\n`);
    },
  };
}
