/** `check`: from flags to findings, in the form asked for. */
import { type CheckReport, checkFiles, checkStaged } from '../../repository/check/check.js';
import { checkJson } from '../check/check-json.js';
import { checkText } from '../check/check-text.js';
import { flag, type Values } from '../flag.js';
import { reportOf } from '../report.js';
import { print, say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { type Context, command } from './command.js';
import { configFlag, generalFlags, jsonFlag } from './shared-flags.js';

/** How a report is printed. */
type Printer = (report: CheckReport) => string;

const PRINTERS: ReadonlyMap<string, Printer> = new Map([
  ['text', checkText],
  ['json', checkJson],
]);
const NAMES = [...PRINTERS.keys()];

const flags = {
  staged: flag.yesNo('staged', 'look at what git would commit, not at the work tree'),
  format: flag.text('format', {
    value: 'FORMAT',
    help: `how findings are printed: ${NAMES.join(', ')}`,
    offers: NAMES,
  }),
  ...jsonFlag,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

const FOUND = 1;

export const check = command({
  name: 'check',
  task: 'files',
  summary: 'find what should be encrypted and is not, or not as the rules say',
  operands: '[path...]',
  examples: ['sops-ts check', 'sops-ts check --staged   # as a hook before commits'],
  flags,
  async run(given, context) {
    const printer = printerAsked(given);
    const report = await reportFor(given, context);
    await print(context.streams, printer(report));
    return statusOf(report, given, context);
  },
});

function reportFor(given: Flags, { operands, host }: Context): Promise<CheckReport> {
  const request = { paths: operands, configPath: given.config };
  return given.staged ? checkStaged(request, host) : checkFiles(request, host);
}

function printerAsked({ format, json }: Flags): Printer {
  if (format === undefined) return json ? checkJson : checkText;
  const found = PRINTERS.get(format);
  if (!found)
    throw new UsageError(`there is no format ${JSON.stringify(format)}; there are ${NAMES.join(', ')}`, 'check');
  if (json && found !== checkJson) throw new UsageError('--json and --format exclude each other', 'check');
  return found;
}

/** What could not be looked at is told as in other commands, and its status wins. */
function statusOf({ findings, problems }: CheckReport, { verbose }: Flags, { streams }: Context): number {
  let status = 0;
  for (const problem of problems) {
    const told = reportOf(problem, verbose);
    say(streams.stderr, told.text);
    status ||= told.status;
  }
  return status || (findings.length > 0 ? FOUND : 0);
}
