/** `agent lock`: the key agent forgets all. */
import { lockAgent } from '../../operations/agent/control.js';
import { agentPlace } from '../agent.js';
import { quantity } from '../output/quantity.js';
import { say } from '../terminal/streams.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

export const agentLock = command({
  name: 'agent lock',
  task: 'setup',
  summary: 'have the key agent forget all data keys; it goes on',
  operands: '',
  examples: ['sops-ts agent lock'],
  flags: { ...generalFlags },
  async run(_, { streams }) {
    const count = await lockAgent(agentPlace(streams));
    say(streams.stderr, `${quantity(count, 'data key')} forgotten\n`);
    return 0;
  },
});
