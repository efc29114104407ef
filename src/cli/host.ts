/** The surroundings of a run as the library sees them, made from what `main` was given. */
import type { Activity, AuditLog, Host, Log } from '../util/host.js';
import { holdLine } from './passing-line.js';
import type { Progress } from './progress.js';
import { printable } from './report.js';
import { calledAsSops, type Streams, say } from './streams.js';

/** A host whose warnings go to standard error, one line each, and whose secrets are asked for on the terminal. */
export function createHost(streams: Streams, audit?: AuditLog, log?: Log): Host {
  let line: Promise<Progress | null> | undefined;
  const progress = (): Promise<Progress | null> => {
    line ??= import('./progress.js').then((module) => module.Progress.on(streams));
    return line;
  };
  return {
    audit,
    log,
    env: streams.env,
    get cwd() {
      return streams.cwd;
    },
    platform: streams.platform,
    calledAsSops: calledAsSops(streams),
    async askSecret(prompt) {
      const { askOnTerminal } = await import('./terminal.js');
      const release = holdLine();
      return askOnTerminal(prompt, streams).finally(release);
    },
    begin: (what) => activity(what, progress),
    warn(message) {
      say(streams.stderr, `warning: ${printable(message)}\n`);
    },
  };
}

const PATIENCE_MILLISECONDS = 1000;

/** Something that is told of if it is not over within a second; only then is the code for that loaded. */
function activity(what: string, progress: () => Promise<Progress | null>): Activity {
  const since = performance.now();
  let text = what;
  let isOver = false;
  let shown: Activity | undefined;
  const timer = setTimeout(async () => {
    const line = await progress();
    if (!isOver) shown = line?.begin(text, since);
  }, PATIENCE_MILLISECONDS);
  timer.unref();
  return {
    now(next) {
      text = next;
      shown?.now(next);
    },
    end() {
      isOver = true;
      clearTimeout(timer);
      shown?.end();
    },
  };
}
