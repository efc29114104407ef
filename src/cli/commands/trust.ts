/** `trust`: from flags to the operations, and what is told of a configuration. */
import { trustRecords } from '../../config/trust-record.js';
import { distrustConfiguration, type Trusted, trustConfiguration } from '../../operations/trusting.js';
import { printable } from '../report.js';
import { writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';

export const trust: Command = {
  async run(invocation) {
    const { operands, streams } = invocation;
    if (operands.length > 1) throw new UsageError('trust takes one folder', 'trust');
    const lines = await linesOf(invocation);
    await writeAll(streams.stdout, lines.map((line) => `${printable(line)}\n`).join(''));
    return 0;
  },
};

async function linesOf({ operands: [place], values, host }: Invocation): Promise<string[]> {
  const request = { place, configPath: values.text('config') };
  const [isList, isRemoval] = [values.isOn('list'), values.isOn('remove')];
  if (isList && (isRemoval || place !== undefined)) {
    throw new UsageError('--list shows all that is trusted, and takes nothing else', 'trust');
  }
  if (isList) return trustRecords(host).map(({ path, state }) => `${state.padEnd(STATE_WIDTH)}  ${path}`);
  if (isRemoval) return [`${distrustConfiguration(request, host)} is not trusted any more.`];
  return textOf(await trustConfiguration(request, host));
}

const STATE_WIDTH = 'trusted'.length;

function textOf({ path, claims }: Trusted): string[] {
  const end = 'Trusted as it is now: your credentials are used as it says, until it is changed.';
  if (claims.length === 0) return [`${path} names no address, role or plug-in that would need trust.`, end];
  return [`${path} names:`, ...claims.map((claim) => `  ${claim}`), end];
}
