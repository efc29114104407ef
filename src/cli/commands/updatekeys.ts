/** `updatekeys`: from flags to the operation, and what it tells and asks on the way. */
import { SopsError } from '../../errors.js';
import type { FileChange, UpdateKeysTalk, UpdateResult } from '../../operations/recipients/update-questions.js';
import { type UpdateKeysOutcome, type UpdateKeysRequest, updateKeys } from '../../operations/recipients/updatekeys.js';
import { resolve } from '../../util/files/paths.js';
import { jsonText } from '../output/json-text.js';
import { changeText } from '../output/key-change-text.js';
import { printable, reportOf } from '../output/report.js';
import { painterFor } from '../terminal/colours.js';
import { Questions } from '../terminal/questions.js';
import { say, writeAll } from '../terminal/streams.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { formatOf, keyServiceChoice, mayBeSeveral } from './document-flags.js';
import { configFlag, confirmationFlags, generalFlags, ignoreMacFlag, openingFlags } from './shared-flags.js';

const flags = {
  inputType: PROGRAM.inputType,
  shamirThreshold: variant(PROGRAM.shamirThreshold, { value: 'N', help: "the threshold, instead of the rule's" }),
  ...confirmationFlags,
  check: flag.yesNo('check', 'show what is out of date and exit with 1 if anything is; change nothing, ask nothing'),
  dryRun: flag.yesNo('dry-run', 'show what would be done and change nothing (updatekeys: the same as --check)'),
  selection: flag.yesNo('selection', 'also encrypt what the rule selects now, in its order of recipients'),
  keepDataKey: flag.yesNo('keep-data-key', 'as SOPS: keep the data key although a removed recipient knows it'),
  ...ignoreMacFlag,
  ...openingFlags,
  ...configFlag,
  json: flag.yesNo('json', 'with --check or --yes: print what a program can read'),
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const updatekeys = command({
  name: 'updatekeys',
  task: 'readers',
  rank: -1,
  summary: 'give files the recipients that .sops.yaml names now',
  operands: 'file...',
  examples: ['sops-ts updatekeys --yes secrets', 'sops-ts updatekeys --check secrets/*.yaml'],
  file: 'lone-operand',
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const { operands, host, streams } = context;
    if (streams.errands)
      return (await import('../many/update.js')).updateForAnother(
        (talk) => updateKeysRequest(given, context, talk),
        context,
      );
    const hasFolders = !host.calledAsSops && operands.some((word) => mayBeSeveral(word, host.cwd));
    const { paths: files, problems } = hasFolders
      ? await (await import('../many/operands.js')).filesMeant(context, 'sealed', given.config)
      : { paths: operands, problems: [] };
    const several: Several = { files, problems, isAlone: !hasFolders };
    if (given.json) return tellAsJson(given, context, several);
    const questions = new Questions(context.streams);
    try {
      const talk = talkWith(given, context, questions);
      const request = updateKeysRequest(given, context, talk);
      const { failed, outdated, interrupted } = await updateSeveral(request, context, several);
      if (interrupted !== undefined) return interrupted;
      if (failed > 0) throw new SopsError('failed', `failed updating ${failed} key(s)`);
      return outdated > 0 ? 1 : 0;
    } finally {
      await questions.close();
    }
  },
});

/** What the operands came to. */
interface Several {
  readonly files: readonly string[];
  readonly problems: readonly SopsError[];
  /** Whether they are files that were named: a lone one's error is the command's. */
  readonly isAlone: boolean;
}

/** Tells of what is not a file, and updates the others. Ctrl+C lets those in work end; then there is a status for that. */
async function updateSeveral(
  request: UpdateKeysRequest,
  context: Context,
  { files, problems, isAlone }: Several,
): Promise<UpdateKeysOutcome & { readonly interrupted?: number }> {
  for (const problem of problems) request.talk.failed(problem);
  if (files.length === 0 && !isAlone) return { outdated: 0, failed: problems.length };
  if (files.length < 2) {
    const one = await updateKeys({ ...request, files }, context.host);
    return { ...one, failed: one.failed + problems.length };
  }
  const { updateMany } = await import('../many/update.js');
  const { interrupted, ...all } = await updateMany({ ...request, files }, context);
  const counted = { ...all, failed: all.failed + problems.length };
  if (interrupted === undefined) return counted;
  say(context.streams.stderr, 'Interrupted: the files that were in work are whole, others were not begun.\n');
  return { ...counted, interrupted };
}

/** What `--json` prints of a file. */
interface CheckedFile {
  /** Absolute. */
  readonly file: string;
  readonly result: UpdateResult | 'failed';
  /** What would change; null when nothing does, and for a file that failed. */
  readonly change: Omit<FileChange, 'shutOut'> | null;
  readonly error?: string;
}

/**
 * `--json`: the files and what would change, or did. A lone file that fails is an error without output, as without `--json`.
 */
async function tellAsJson(given: Flags, context: Context, several: Several): Promise<number> {
  const { host, streams } = context;
  if (!given.check && !given.dryRun && !given.yes) {
    throw new UsageError('--json goes with --check or --yes: other runs ask and tell on the way', 'updatekeys');
  }
  const files: CheckedFile[] = [];
  const talk: UpdateKeysTalk = {
    asks: false,
    started: () => undefined,
    showChange: async () => undefined,
    confirm: async () => given.yes,
    finished: (file, result, { shutOut: _, ...change }) => {
      files.push({ file, result, change: result === 'up-to-date' ? null : change });
    },
    failed: ({ file = '', message }) => {
      files.push({ file: resolve(host.cwd, file), result: 'failed', change: null, error: message });
    },
    warn: (message) => host.warn(message),
  };
  const request = updateKeysRequest(given, context, talk);
  const { failed, outdated, interrupted } = await updateSeveral(request, context, several);
  const cut = interrupted === undefined ? {} : { interrupted: true };
  await writeAll(streams.stdout, jsonText({ outdated, failed, ...cut, files }));
  return interrupted ?? (failed + outdated > 0 ? 1 : 0);
}

/** What the flags ask for. Throws `usage`. */
export function updateKeysRequest(given: Flags, { operands, host }: Context, talk: UpdateKeysTalk): UpdateKeysRequest {
  return {
    files: operands,
    inputType: formatOf(given.inputType, 'input-type', host),
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    shamirThreshold: given.shamirThreshold || undefined,
    check: given.check || given.dryRun,
    keepDataKey: given.keepDataKey,
    selection: given.selection,
    ignoreMac: given.ignoreMac,
    decryptionOrder: given.decryptionOrder,
    talk,
  };
}

function talkWith(given: Flags, { streams, host }: Context, questions: Questions): UpdateKeysTalk {
  const tell = (text: string): void => say(streams.stderr, `${printable(text)}\n`);
  return {
    asks: !given.yes,
    started: (file) => tell(`Syncing keys for file ${file}`),
    // Programs that call `sops` may read these lines.
    showChange: (change, nameOf) =>
      writeAll(streams.stdout, changeText(change, painterFor(streams), host.calledAsSops ? {} : { nameOf })),
    confirm: async () => given.yes || questions.confirm('Is this okay?'),
    finished: (file, result, { shutOut }) => {
      const rewrapped = shutOut.length === 0 ? REWRAPPED : KEPT;
      tell(`File ${file} ${result === 'rewrapped' ? rewrapped : RESULTS[result]}`);
    },
    failed: (error) => say(streams.stderr, reportOf(error, given.verbose).text),
    warn: (message) => host.warn(message),
  };
}

const REWRAPPED = 'synced with new keys (same data key)';
const KEPT = 'synced with new keys (same data key, as --keep-data-key asks: whoever was removed still knows it)';
const RESULTS = {
  'up-to-date': 'already up to date',
  unchanged: 'left unchanged',
  outdated: 'is out of date',
  reselected: 'synced with the rule (same data key): what it selects is encrypted, the rest is in clear',
  rekeyed: 'synced with new keys (new data key, since a recipient was removed: every value is encrypted anew)',
} as const;
