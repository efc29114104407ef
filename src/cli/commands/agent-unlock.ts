/** `agent unlock`: the data keys of files opened here, where somebody can be asked, for the key agent to keep. */

import { AgentClient } from '../../keyservice/agent/client.js';
import { noAgent } from '../../operations/agent/control.js';
import { unlockFiles } from '../../repository/unlock.js';
import { agentPlace } from '../agent.js';
import { quantity } from '../output/quantity.js';
import { reportOf } from '../output/report.js';
import { say } from '../terminal/streams.js';
import { command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, openingFlags } from './shared-flags.js';

export const agentUnlock = command({
  name: 'agent unlock',
  task: 'setup',
  summary: 'open the data keys of files for the key agent: one passphrase for all of them',
  operands: '[file, folder or pattern...]',
  examples: ['sops-ts agent unlock                # every encrypted file below', 'sops-ts agent unlock secrets/*.yaml'],
  flags: { ...openingFlags, ...configFlag, ...generalFlags },
  async run(given, { operands, host, streams, hintFor }) {
    const place = agentPlace(streams);
    const client = await AgentClient.connect(place);
    client?.close();
    if (!client) throw noAgent(place);
    const { unlocked, failures } = await unlockFiles(
      operands,
      {
        configPath: given.config,
        keyServices: keyServiceChoice({ ...given, noAgent: false }),
        decryptionOrder: given.decryptionOrder,
      },
      host.fork({ agent: place }),
    );
    say(streams.stderr, `the key agent has the data keys of ${quantity(unlocked, 'file')}\n`);
    let status = 0;
    for (const failure of failures) {
      const told = reportOf(failure, given.verbose, hintFor);
      say(streams.stderr, told.text);
      status ||= told.status;
    }
    return status;
  },
});
