/** The surroundings of a run as the library sees them, made from what `main` was given. */
import { AGENT_VARIABLE, agentPlaceOf } from '../keyservice/agent/place.js';
import type { Activity, AgentSocket, AuditLog, Log, Session, Telling } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { SYSTEM_CLOCK } from '../util/waiting/clock.js';
import { printable } from './output/report.js';
import { engineTuning } from './start/engine-tuning.js';
import type { Progress } from './terminal/progress.js';
import { holdLine } from './terminal/progress-line.js';
import { calledAsSops, type Streams, say } from './terminal/streams.js';

/** A host whose warnings go to standard error, one line each, and whose secrets are asked for on the terminal. */
export function createHost(streams: Streams, audit?: AuditLog, log?: Log): Session {
  const tell = activityTeller(streams);
  return sessionOf({
    agent: calledAsSops(streams) ? undefined : agentOf(streams),
    audit,
    log,
    env: streams.env,
    get cwd() {
      return streams.cwd;
    },
    platform: streams.platform,
    calledAsSops: calledAsSops(streams),
    async askSecret(prompt) {
      const { askOnTerminal } = await import('./terminal/terminal.js');
      const release = holdLine();
      return askOnTerminal(prompt, streams).finally(release);
    },
    async confirm(question, signal) {
      if ((streams.stderr as { isTTY?: boolean }).isTTY !== true) return undefined;
      const { confirmOnTerminal } = await import('./terminal/confirm.js');
      return confirmOnTerminal(question, streams, signal);
    },
    ...(streams.areOwn && engineTuning()),
    begin: (what, telling = 'line') => activity(what, (text) => tell(text, telling)),
    warn(message) {
      say(streams.stderr, `warning: ${printable(message)}\n`);
    },
  });
}

/** Tells what goes on: on the progress line where there is a terminal, else as a line of its own, each text once. */
function activityTeller(streams: Streams) {
  let line: Promise<Progress | null> | undefined;
  const progress = (): Promise<Progress | null> => {
    line ??= import('./terminal/progress.js').then((module) => module.Progress.on(streams));
    return line;
  };
  const noted = new Set<string>();
  return async (what: Told, telling: Telling): Promise<Activity | undefined> => {
    const onLine = telling === 'note' ? null : await progress();
    if (what.isOver()) return undefined;
    if (onLine || telling === 'line') return onLine?.begin(what.text(), what.since);
    if (!noted.has(what.text())) say(streams.stderr, `${printable(what.text())}\n`);
    noted.add(what.text());
    return undefined;
  };
}

/** Where the user's key agent may answer. */
function agentOf({ env, platform, areOwn }: Streams): AgentSocket | undefined {
  // In somebody else's process, it is for them to say that there is one.
  if (!areOwn && !env[AGENT_VARIABLE]) return undefined;
  return agentPlaceOf({ env, platform, userId: process.geteuid?.() });
}

const PROGRESS_DELAY_MS = 1000;

/** What is going on, at the moment when it is told. */
interface Told {
  text(): string;
  readonly since: number;
  isOver(): boolean;
}

/** Something that is told of if it is not over within a second; only then is the code for that loaded. */
function activity(what: string, tell: (what: Told) => Promise<Activity | undefined>): Activity {
  let text = what;
  let isOver = false;
  let shown: Activity | undefined;
  const told: Told = { text: () => text, since: SYSTEM_CLOCK.steady(), isOver: () => isOver };
  const timer = setTimeout(async () => {
    shown = await tell(told);
  }, PROGRESS_DELAY_MS);
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
