/** `agent start`: a key agent in the background, and the code that has a shell's programs use it. */
import { startAgent } from '../../operations/agent/start.js';
import { agentPlace, settingCode } from '../agent.js';
import { launchTarget } from '../start/own-process.js';
import { print } from '../terminal/streams.js';
import { shellFlag, timeFlags, timesOf } from './agent-flags.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

export const agentStart = command({
  name: 'agent start',
  task: 'setup',
  summary: 'keep the data keys that were opened in memory for a time, for sops-ts and sops',
  operands: '',
  examples: [
    'eval "$(sops-ts agent start)"               # sops asks the agent, too; sops-ts finds it by itself',
    'sops-ts agent start --idle 30m --lifetime 4h > /dev/null',
    'sops-ts agent start --shell fish | source',
  ],
  flags: { ...timeFlags, ...shellFlag, ...configFlag, ...generalFlags },
  async run(given, { host, streams }) {
    const place = agentPlace(streams);
    const code = settingCode(place, given.shell, streams);
    const { idle, lifetime } = timesOf(given, 'agent start');
    const flags = ['--idle', `${idle}ms`, '--lifetime', `${lifetime}ms`];
    if (given.config) flags.push('--config', given.config);
    const { command: program } = launchTarget('sops-ts.js');
    const isNew = await startAgent({ place, program, flags }, host);
    if (!isNew && (given.idle || given.lifetime)) {
      host.warn('an agent was running already, with times of its own; sops-ts agent stop ends it');
    }
    await print(streams, code);
    return 0;
  },
});
