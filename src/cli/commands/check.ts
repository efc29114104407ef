/** `check`: from flags to findings, in the form asked for. */
import { applyBaseline, readBaseline, writeBaseline } from '../../repository/check/baseline.js';
import { type CheckRequest, checkFiles, checkStaged } from '../../repository/check/check.js';
import type { CheckReport } from '../../repository/check/collector.js';
import { fixFindings } from '../../repository/check/fix.js';
import { checkWithModules } from '../../repository/check/modules.js';
import { checkSince } from '../../repository/check/range.js';
import { writeFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { checkGithub, checkSummaryPage } from '../check/check-github.js';
import { checkJson } from '../check/check-json.js';
import { checkSarif } from '../check/check-sarif.js';
import { checkText } from '../check/check-text.js';
import { printable, reportOf } from '../output/report.js';
import { print, say } from '../terminal/streams.js';
import { flag, NEVER_EMPTY, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, jsonFlag, openingFlags } from './shared-flags.js';

/** How a report is printed. */
type Printer = (report: CheckReport) => string;

const PRINTERS: ReadonlyMap<string, Printer> = new Map([
  ['text', checkText],
  ['json', checkJson],
  ['github', checkGithub],
  ['sarif', checkSarif],
]);
const NAMES = [...PRINTERS.keys()];

const flags = {
  staged: flag.yesNo('staged', 'look at what git would commit, not at the work tree'),
  since: flag.text(
    'since',
    {
      value: 'REVISION',
      help: 'look at every commit since HEAD left this branch or commit',
    },
    NEVER_EMPTY,
  ),
  recurse: flag.yesNo('recurse', 'also enter submodules and repositories within, each with its own rules'),
  tip: flag.yesNo('tip', 'with --since: only at what differs in the end'),
  secrets: flag.yesNo('secrets', 'also find random values in data files that no rule is for'),
  decrypt: flag.yesNo('decrypt', 'open every encrypted file and compare its MAC; needs a key'),
  fix: flag.yesNo(
    'fix',
    'encrypt files that rules have encrypted, give files the recipients and selection of their rules',
  ),
  baseline: flag.text(
    'baseline',
    {
      value: 'FILE',
      help: 'known findings, which are counted and not told',
      offers: 'files',
    },
    NEVER_EMPTY,
  ),
  writeBaseline: flag.yesNo('write-baseline', 'write all findings there are into the baseline'),
  format: flag.text('format', {
    value: 'FORMAT',
    help: `how findings are printed: ${NAMES.join(', ')}`,
    offers: NAMES,
  }),
  ...jsonFlag,
  ...configFlag,
  ...openingFlags,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

const FOUND = 1;

export const check = command({
  name: 'check',
  task: 'files',
  summary: 'find what should be encrypted and is not, or not as the rules say',
  operands: '[path...]',
  examples: [
    'sops-ts check',
    'sops-ts check --staged                         # before a commit',
    'sops-ts check --since origin/main --format github   # in a build of a pull request',
  ],
  flags,
  async run(given, context) {
    const printer = printerAsked(given);
    refuseMixtures(given);
    const { host, streams } = context;
    const known = given.baseline && !given.writeBaseline ? readBaseline(given.baseline, host) : new Set<string>();
    let report = applyBaseline(await reportFor(given, context), known);
    if (given.fix) report = applyBaseline(await fixed(report, given, context), known);
    if (given.baseline && given.writeBaseline) report = await writeBaseline(given.baseline, report, host);
    await print(streams, printer(report));
    const page = host.env.GITHUB_STEP_SUMMARY;
    if (printer === checkGithub && page)
      writeFileSync(resolve(host.cwd, page), checkSummaryPage(report), { flag: 'a' });
    return statusOf(report, given, context);
  },
});

function printerAsked({ format, json }: Flags): Printer {
  if (format === undefined) return json ? checkJson : checkText;
  const found = PRINTERS.get(format);
  if (!found)
    throw new UsageError(`there is no format ${JSON.stringify(format)}; there are ${NAMES.join(', ')}`, 'check');
  if (json && found !== checkJson) throw new UsageError('--json and --format exclude each other', 'check');
  return found;
}

function refuseMixtures({ staged, since, tip, recurse, fix, baseline, writeBaseline: writes }: Flags): void {
  const refuse = (problem: string): never => {
    throw new UsageError(problem, 'check');
  };
  if (staged && since !== undefined) refuse('--staged and --since exclude each other');
  if (tip && since === undefined) refuse('--tip goes with --since');
  if (recurse && (staged || since !== undefined || fix))
    refuse('--recurse looks at work trees: it goes without --staged, --since and --fix');
  if (fix && (staged || since !== undefined))
    refuse('--fix writes files of the work tree: it goes without --staged and --since');
  if (writes && baseline === undefined) refuse('--write-baseline needs the file: --baseline FILE');
}

function reportFor(given: Flags, { operands, host }: Context): Promise<CheckReport> {
  const decrypt = given.decrypt
    ? { keyServices: keyServiceChoice(given), decryptionOrder: given.decryptionOrder }
    : undefined;
  const request: CheckRequest = { paths: operands, configPath: given.config, secrets: given.secrets, decrypt };
  if (given.since !== undefined) return checkSince(given.since, { ...request, tipOnly: given.tip }, host);
  if (given.recurse) return checkWithModules(request, host);
  return given.staged ? checkStaged(request, host) : checkFiles(request, host);
}

/** Fixes what can be fixed, and looks again. */
async function fixed(report: CheckReport, given: Flags, context: Context): Promise<CheckReport> {
  const { host, streams } = context;
  const outcome = await fixFindings(report.findings, given.config, host);
  for (const shown of outcome.fixed) say(streams.stderr, `fixed ${printable(shown)}\n`);
  for (const shown of outcome.left)
    say(streams.stderr, `left the selection of ${printable(shown)}: by its rule, values would become readable\n`);
  const again = outcome.fixed.length > 0 ? await reportFor(given, context) : report;
  const problems = outcome.problems.map((problem) =>
    problem.hint === undefined ? problem : problem.with(problem.code, { hint: context.hintFor(problem.hint) }),
  );
  return { ...again, problems: [...again.problems, ...problems] };
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
