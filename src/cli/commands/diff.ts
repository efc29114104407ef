/** `diff`: from flags to the operation, and how its results are told. */
import { EXIT_STATUS, SopsError } from '../../errors.js';
import { type DiffRequest, diffFiles } from '../../repository/diff/diff.js';
import { differs, type FileDifference } from '../../repository/diff/difference.js';
import { DIFF_FORMATS, type DiffFormat, diffData, diffMarkdown, diffText } from '../output/diff-text.js';
import { jsonText } from '../output/json-text.js';
import { reportOf } from '../output/report.js';
import { painterFor } from '../terminal/colours.js';
import { print, readStandardInput, type Streams, say } from '../terminal/streams.js';
import { flag, NEVER_EMPTY, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { formatOf, keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, ignoreMacFlag, openingFlags } from './shared-flags.js';

const flags = {
  since: flag.text(
    'since',
    { value: 'REV', help: 'what changed in the work tree since this branch left REV' },
    NEVER_EMPTY,
  ),
  staged: flag.yesNo('staged', 'the index instead of the work tree'),
  showValues: flag.yesNo('show-values', 'show plaintext, which is masked otherwise'),
  noKey: flag.yesNo('no-key', 'open nothing: tell what can be told without a key'),
  exitCode: flag.yesNo('exit-code', '1 if anything differs; failures give more than 1'),
  format: flag.text('format', { value: 'FORM', help: DIFF_FORMATS.join(', '), offers: DIFF_FORMATS }),
  inputType: PROGRAM.inputType,
  ...ignoreMacFlag,
  ...openingFlags,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

const DIFFERENT = 1;
/** What failures give that have the status of a difference. */
const TROUBLE = 2;

export const diff = command({
  name: 'diff',
  task: 'repository',
  summary: 'compare encrypted files key by key: values, comments, who gained and lost access',
  operands: 'old new, or [path...]',
  examples: [
    'sops-ts diff HEAD~3:secrets.yaml secrets.yaml',
    'sops-ts diff main topic                     # all that differs between two revisions',
    'sops-ts diff --since origin/main --format markdown',
    'sops-ts diff --staged --exit-code secrets',
  ],
  flags,
  async run(given, context) {
    try {
      return await compare(given, context);
    } catch (error) {
      if (!given.exitCode || !(error instanceof SopsError) || error.exitStatus !== DIFFERENT) throw error;
      say(context.streams.stderr, reportOf(error, given.verbose, context.hintFor).text);
      return TROUBLE;
    }
  },
});

async function compare(given: Flags, context: Context): Promise<number> {
  const { streams, host } = context;
  const showOne = SHOWN_ONE_BY_ONE[formatAsked(given.format)];
  const kept: FileDifference[] = [];
  const answers = new Set<boolean | null>();
  const failed: SopsError[] = [];
  for await (const difference of diffFiles(diffRequest(given, context), host)) {
    if (difference instanceof SopsError) {
      failed.push(difference);
      say(streams.stderr, reportOf(difference, given.verbose, context.hintFor).text);
      continue;
    }
    answers.add(differs(difference));
    if (showOne) await print(streams, showOne(difference, given, streams));
    else kept.push(difference);
    if (!given.noKey) tellProblem(difference, given, context);
  }
  if (!showOne) await print(streams, jsonText(diffData(kept, given.showValues)));
  const [first] = failed;
  if (first) return given.exitCode && first.exitStatus === DIFFERENT ? TROUBLE : first.exitStatus;
  return given.exitCode ? statusOf(answers) : 0;
}

type ShowOne = (difference: FileDifference, given: Flags, streams: Streams) => string;

/** JSON is one value, and so for all files together. */
const SHOWN_ONE_BY_ONE: { readonly [form in DiffFormat]: ShowOne | null } = {
  text: (difference, { showValues }, streams) => diffText(difference, showValues, painterFor(streams)),
  markdown: (difference, { showValues }) => diffMarkdown(difference, showValues),
  json: null,
};

/** Why values were compared by ciphertext. */
function tellProblem(
  { problems: [problem], after }: FileDifference,
  { verbose }: Flags,
  { streams, hintFor }: Context,
): void {
  if (!problem) return;
  const named = problem.file === undefined ? problem.with(problem.code, { file: after.name }) : problem;
  say(streams.stderr, reportOf(named, verbose, hintFor).text);
}

/** A difference that is sure counts before what could not be told; that is a failure, with the status of a key that is not there. */
function statusOf(answers: ReadonlySet<boolean | null>): number {
  if (answers.has(true)) return DIFFERENT;
  return answers.has(null) ? EXIT_STATUS['data-key-not-recovered'] : 0;
}

/** What the flags ask for. Throws `usage`. */
function diffRequest(given: Flags, { operands, host, streams }: Context): DiffRequest {
  if (operands.includes('')) throw new UsageError('an empty word is not a file', 'diff');
  if (given.noKey && given.showValues)
    throw new UsageError('--show-values needs a key, and --no-key uses none', 'diff');
  let stdin: Promise<Uint8Array> | undefined;
  return {
    words: operands,
    since: given.since,
    staged: given.staged,
    inputType: formatOf(given.inputType, 'input-type', host),
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    decryptionOrder: given.decryptionOrder,
    ignoreMac: given.ignoreMac,
    keyless: given.noKey,
    stdin: () => (stdin ??= readStandardInput(streams, 'one side')),
  };
}

function formatAsked(word: string | undefined): DiffFormat {
  const format = DIFF_FORMATS.find((one) => one === (word ?? 'text'));
  if (format) return format;
  throw new UsageError(`--format is one of ${DIFF_FORMATS.join(', ')}, not ${JSON.stringify(word)}`, 'diff');
}
