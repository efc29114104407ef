/** `agent stop`: the key agent forgets all and ends. */
import { stopAgent } from '../../operations/agent/control.js';
import { agentPlace, unsettingCode } from '../agent.js';
import { print } from '../terminal/streams.js';
import { shellFlag } from './agent-flags.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

export const agentStop = command({
  name: 'agent stop',
  task: 'setup',
  summary: 'end the key agent, and print the code that has a shell forget it',
  operands: '',
  examples: ['eval "$(sops-ts agent stop)"'],
  flags: { ...shellFlag, ...generalFlags },
  async run({ shell }, { host, streams }) {
    const place = agentPlace(streams);
    const code = unsettingCode(shell, streams);
    if (!(await stopAgent(place))) host.warn(`no key agent answers at ${place.socket}`);
    await print(streams, code);
    return 0;
  },
});
