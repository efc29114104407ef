/** `agent status`: whether a key agent answers, and what it keeps. */
import { agentStatus } from '../../operations/agent/control.js';
import { agentPlace } from '../agent.js';
import { agentText } from '../output/agent-text.js';
import { jsonText } from '../output/json-text.js';
import { print } from '../terminal/streams.js';
import { command } from './command.js';
import { generalFlags, jsonFlag } from './shared-flags.js';

export const agentStatusCommand = command({
  name: 'agent status',
  task: 'setup',
  summary: 'show how many data keys the key agent has, for how long, and what protects them',
  operands: '',
  examples: ['sops-ts agent status               # exit status 1 when there is none'],
  flags: { ...jsonFlag, ...generalFlags },
  async run({ json }, { streams }) {
    const place = agentPlace(streams);
    const status = await agentStatus(place);
    await print(streams, json ? jsonText({ socket: place.socket, ...status }) : agentText(place, status));
    return 0;
  },
});
