/** `export`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { appendLines, exportVariables } from '../../operations/programs/export.js';
import { EXPORT_FORM_NAMES, type ExportForm } from '../../operations/programs/export-text.js';
import { print } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { secretFlags, variableFlags, variablesChoice } from './exec-flags.js';

const flags = {
  shell: flag.text('shell', {
    value: 'FORM',
    help: `the form: ${EXPORT_FORM_NAMES.join(', ')}`,
    offers: EXPORT_FORM_NAMES,
  }),
  inputType: PROGRAM.inputType,
  ...variableFlags,
  ...secretFlags,
};

export const exportCommand = command({
  name: 'export',
  task: 'programs',
  summary: 'print the values of files as variables for a shell, direnv, mise or a build',
  operands: 'file...',
  examples: [
    'eval "$(sops-ts export secrets.env --shell bash)"          # .envrc of direnv: the same',
    'sops-ts export secrets.yaml --shell fish | source',
    'sops-ts export secrets.yaml --shell github                 # masks the values, then fills $GITHUB_ENV',
  ],
  file: 'operand',
  flags,
  async run(given, context) {
    const { operands: files, host, streams } = context;
    if (files.length === 0) throw new SopsError('no-file', 'Error: no file specified');
    const form = formOf(given);
    const { printed, appended } = await exportVariables({ ...variablesChoice(given, context), files, form }, host);
    await print(streams, printed);
    if (appended) appendLines(appended, host);
    return 0;
  },
});

function formOf({ shell }: Values<typeof flags>): ExportForm {
  const found = EXPORT_FORM_NAMES.find((name) => name === shell);
  if (found) return found;
  const problem = shell === undefined ? 'export needs --shell' : `--shell does not know ${JSON.stringify(shell)}`;
  throw new UsageError(`${problem}: one of ${EXPORT_FORM_NAMES.join(', ')}`, 'export');
}
