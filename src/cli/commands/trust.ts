/** `trust`: from flags to the operations, and what is told of a configuration. */
import { trustRecords } from '../../config/trust-record.js';
import { distrustConfiguration, type Trusted, trustConfiguration } from '../../operations/trust.js';
import { printable } from '../output/report.js';
import { writeAll } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

const flags = {
  list: flag.yesNo('list', 'show which configurations are trusted, and which have changed since or are gone'),
  remove: flag.yesNo('remove', 'no longer trust it'),
  ...configFlag,
  ...generalFlags,
};

export const trust = command({
  name: 'trust',
  task: 'setup',
  summary: 'use the addresses, roles and plug-ins that a .sops.yaml names, as it is now',
  operands: '[folder]',
  examples: [
    'sops-ts trust                         # shows what it names, and remembers it; a change asks again',
    'sops-ts trust --list',
    'sops-ts trust --remove ~/src/clone',
  ],
  flags,
  async run(given, context) {
    const { operands, streams } = context;
    if (operands.length > 1) throw new UsageError('trust takes one folder', 'trust');
    const lines = await linesOf(given, context);
    await writeAll(streams.stdout, lines.map((line) => `${printable(line)}\n`).join(''));
    return 0;
  },
});

async function linesOf(
  { list, remove, config }: Values<typeof flags>,
  { operands: [place], host }: Context,
): Promise<string[]> {
  const request = { place, configPath: config };
  if (list && (remove || place !== undefined)) {
    throw new UsageError('--list shows all that is trusted, and takes nothing else', 'trust');
  }
  if (list) return trustRecords(host).map(({ path, state }) => `${state.padEnd(STATE_WIDTH)}  ${path}`);
  if (remove) return [`${distrustConfiguration(request, host)} is not trusted any more.`];
  const trusted = await trustConfiguration(request, host);
  await warnOfSchemes(trusted, host);
  return textOf(trusted);
}

async function warnOfSchemes({ path, schemes }: Trusted, host: Context['host']): Promise<void> {
  if (schemes.length === 0) return;
  const { unknownSchemes } = await import('../../references/grants.js');
  for (const told of unknownSchemes(path, schemes)) host.warn(told);
}

const STATE_WIDTH = 'trusted'.length;

function textOf({ path, claims }: Trusted): string[] {
  const end = 'Trusted as it is now: your credentials are used as it says, until it is changed.';
  if (claims.length === 0) return [`${path} names no address, role or plug-in that would need trust.`, end];
  return [`${path} names:`, ...claims.map((claim) => `  ${claim}`), end];
}
