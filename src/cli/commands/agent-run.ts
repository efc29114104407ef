/** `agent run`: the key agent itself, in the foreground. */
import { serveUntilTold } from '../../operations/agent/serve.js';
import { READY_WORDS } from '../../operations/agent/start.js';
import { agentPlace } from '../agent.js';
import { ownProcess } from '../start/own-process.js';
import { say } from '../terminal/streams.js';
import { timeFlags, timesOf } from './agent-flags.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

export const agentRun = command({
  name: 'agent run',
  task: 'setup',
  summary: 'be the key agent in the foreground, for systemd and other supervisors',
  operands: '',
  examples: ['sops-ts agent run --idle 1h --lifetime 8h'],
  flags: { ...timeFlags, ...configFlag, ...generalFlags },
  async run(given, { host, streams }) {
    const request = {
      place: agentPlace(streams),
      descriptor: activatedDescriptor(),
      ...timesOf(given, 'agent run'),
      configPath: given.config,
    };
    const tell = (line: string): void => say(streams.stderr, `${line}\n`);
    const end = await serveUntilTold(request, ownProcess(), host, (uri) => tell(`${READY_WORDS} ${uri}`));
    if (end === 'running') tell(`${READY_WORDS} unix://${request.place.socket} already`);
    return 0;
  },
});

/** The socket that systemd listens on for this process; undefined where it does not. */
function activatedDescriptor(): number | undefined {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = process.env;
  return pid === String(process.pid) && Number(count) >= 1 ? FIRST_DESCRIPTOR : undefined;
}
