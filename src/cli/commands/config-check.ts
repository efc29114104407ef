/** `config check`: looks for mistakes in a configuration, and says what to do about them. */
import { SCHEMES } from '../../references/registry.js';
import { type ConfigCheck, checkConfig } from '../../repository/config-check.js';
import { jsonText } from '../output/json-text.js';
import { quantity } from '../output/quantity.js';
import { printable } from '../output/report.js';
import { print } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { configFlag, generalFlags, jsonFlag } from './shared-flags.js';

export const configCheck = command({
  name: 'config check',
  task: 'readers',
  summary: 'find rules that never match, groups by mistake and the like; exit status 1 if there are',
  operands: '',
  examples: ['sops-ts config check', "sops-ts config check --json | jq -r '.findings[].message'"],
  flags: { ...configFlag, ...jsonFlag, ...generalFlags },
  async run({ config: configPath, json }, { operands, host, streams }) {
    if (operands.length > 0)
      throw new UsageError('config check takes no operand; choose with --config', 'config check');
    const checked = await checkConfig({ configPath, schemes: SCHEMES }, host);
    await print(streams, json ? jsonText(checked) : checkText(checked));
    return checked.findings.length > 0 ? 1 : 0;
  },
});

function checkText({ config, rules, files, findings }: ConfigCheck): string {
  const counted = `${config}: ${quantity(rules, 'creation rule')}, ${quantity(files, 'file')} looked at`;
  if (findings.length === 0) return `${printable(counted)}, nothing found\n`;
  const lines = findings.flatMap(({ message, hint }) => [printable(message), `  ${printable(hint)}`]);
  return [...lines, '', `${printable(counted)}, ${findings.length} found`, ''].join('\n');
}
