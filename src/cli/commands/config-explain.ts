/** `config explain`: what the configuration says about a file. */
import { command } from './command.js';
import { explain, whyFlags } from './why.js';

export const configExplain = command({
  name: 'config explain',
  task: 'readers',
  summary: 'tell which rule is for a file and why, its recipients and selection: as why does',
  operands: 'file',
  examples: ['sops-ts config explain secrets/new.yaml     # the file need not be there'],
  file: 'operand',
  flags: whyFlags,
  run: (flags, context) => explain(flags, context, 'config explain'),
});
