/** `config schema`: prints the JSON Schema of `.sops.yaml`. */
import { configSchema } from '../../config/schema.js';
import { jsonText } from '../output/json-text.js';
import { print } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

export const configSchemaCommand = command({
  name: 'config schema',
  task: 'readers',
  summary: 'print the JSON Schema of .sops.yaml, by which editors complete and check it',
  operands: '',
  examples: ['sops-ts config schema > .sops.schema.json   # .sops.yaml of init names it to editors'],
  flags: generalFlags,
  async run(_, { operands, streams }) {
    if (operands.length > 0) throw new UsageError('config schema takes no operand', 'config schema');
    await print(streams, jsonText(configSchema()));
    return 0;
  },
});
