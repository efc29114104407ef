/** `filestatus`: prints whether files are encrypted, as JSON. */
import { SopsError } from '../../errors.js';
import { fileStatus } from '../../operations/read/filestatus.js';
import { reportOf } from '../output/report.js';
import { print, say } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { type Context, command } from './command.js';
import { formatOf, mayBeSeveral } from './document-flags.js';
import { configFlag, generalFlags } from './shared-flags.js';

const NOT_ENCRYPTED = 1;

const flags = {
  inputType: PROGRAM.inputType,
  check: flag.yesNo('check', 'exit with 1 if one of the files is not encrypted'),
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const filestatus = command({
  name: 'filestatus',
  task: 'files',
  summary: 'print whether files are encrypted, a line of JSON each',
  operands: 'file...',
  examples: ['sops-ts filestatus secrets.yaml', 'sops-ts filestatus --check secrets'],
  file: 'operand',
  flags,
  async run(given, context) {
    const { operands, host, streams } = context;
    const [path, ...others] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    // SOPS looks at the first one alone.
    if (!host.calledAsSops && (others.length > 0 || mayBeSeveral(path, host.cwd))) return statusOfEach(given, context);
    if (others.length > 0) host.warn(`only ${path} is looked at, not ${others.join(' ')}`);
    const status = await statusOf(path, given, context);
    await print(streams, `${JSON.stringify(status)}\n`);
    return given.check && !status.encrypted ? NOT_ENCRYPTED : 0;
  },
});

/** A line for every file that can be judged; the others are told, and make the status that of a failure. */
async function statusOfEach(given: Flags, context: Context): Promise<number> {
  const { operands, streams, host } = context;
  const hasFolders = operands.some((word) => mayBeSeveral(word, host.cwd));
  const { paths, problems } = hasFolders
    ? await (await import('../many/operands.js')).filesMeant(context, 'both', given.config)
    : { paths: operands, problems: [] };
  let result = 0;
  for (const problem of problems) {
    const { text, status } = reportOf(problem, given.verbose);
    say(streams.stderr, text);
    result = status;
  }
  for (const file of paths) {
    try {
      const { encrypted } = await statusOf(file, given, context);
      await print(streams, `${JSON.stringify({ file, encrypted })}\n`);
      if (!encrypted && given.check) result ||= NOT_ENCRYPTED;
    } catch (error) {
      if (!(error instanceof SopsError) || error.code === 'write-failed') throw error;
      const { text, status } = reportOf(error.with(error.code, { file }), given.verbose);
      say(streams.stderr, text);
      result = status;
    }
  }
  return result;
}

function statusOf(path: string, { inputType }: Flags, { host }: Context): Promise<{ encrypted: boolean }> {
  return fileStatus({ input: { kind: 'file', path }, inputType: formatOf(inputType, 'input-type', host) }, host);
}
