/** `grant`: from flags to the operation, and what it shows, asks and sums up. */
import { type GrantOutcome, type GrantRequest, type GrantTalk, grantRecipient } from '../../repository/grant/grant.js';
import type { GrantPlan } from '../../repository/grant/grant-plan.js';
import type { FileOutcome } from '../../repository/grant/grant-writing.js';
import { compareTexts } from '../../repository/operands.js';
import { INTERRUPTED, withInterruption } from '../many/interruption.js';
import { candidatesText, grantData, grantPlanText } from '../output/grant-text.js';
import { jsonText } from '../output/json-text.js';
import { printable, reportOf } from '../output/report.js';
import { painterFor } from '../terminal/colours.js';
import { Questions } from '../terminal/questions.js';
import { say, writeAll } from '../terminal/streams.js';
import { flag, NEVER_EMPTY, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { generalFlags, membershipFlags } from './shared-flags.js';

const flags = {
  paths: flag.list(
    'paths',
    {
      value: 'PATH',
      help: 'only these files and folders, and the rules for them; further words are paths, too',
      offers: 'files',
    },
    NEVER_EMPTY,
  ),
  split: flag.yesNo('split', 'with --paths: give them a rule of their own where they share one with other files'),
  group: flag.integer('group', { value: 'N', help: 'the key group that the recipient is for, in rules with several' }),
  fingerprint: flag.text('fingerprint', { value: 'TEXT', help: 'which of several keys of a file or address is meant' }),
  ...membershipFlags,
  json: flag.yesNo('json', 'with --dry-run or --yes: print what a program can read'),
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const grant = command({
  name: 'grant',
  task: 'readers',
  summary: 'let a person into .sops.yaml and every file that they may read then',
  operands: 'name recipient',
  operandKinds: ['recipient', 'file'],
  examples: [
    'sops-ts grant bob age1…',
    'sops-ts grant bob https://github.com/bob.keys --paths secrets/dev',
    'sops-ts grant --dry-run bob keys/bob.asc',
  ],
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const questions = new Questions(context.streams);
    const report = new GrantReport(given, context);
    try {
      const request = grantRequest(given, context, talkWith(given, context, { questions, report }));
      const outcome = await grantRecipient(request, context.host);
      return await report.end(outcome);
    } finally {
      await questions.close();
    }
  },
});

/** What the flags ask for. Throws `usage`. */
export function grantRequest(given: Flags, { operands }: Context, talk: GrantTalk): GrantRequest {
  const [name = '', word = '', ...more] = operands;
  if (name === '' || word === '') throw new UsageError('grant takes a name and a recipient', 'grant');
  if (more.length > 0 && given.paths.length === 0)
    throw new UsageError('grant takes a name and a recipient; files are named with --paths', 'grant');
  if (given.split && given.paths.length === 0)
    throw new UsageError('--split goes with --paths: it gives these files a rule of their own', 'grant');
  if (given.json && !given.dryRun && !given.yes)
    throw new UsageError('--json goes with --dry-run or --yes: other runs ask and tell on the way', 'grant');
  return {
    name,
    word,
    paths: [...given.paths, ...more],
    split: given.split,
    group: given.group,
    fingerprint: given.fingerprint,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    decryptionOrder: given.decryptionOrder,
    dryRun: given.dryRun,
    ignoreMac: given.ignoreMac,
    keepUnlisted: given.keepUnlisted,
    talk,
  };
}

interface Talking {
  readonly questions: Questions;
  readonly report: GrantReport;
}

function talkWith(given: Flags, { streams, host }: Context, { questions, report }: Talking): GrantTalk {
  const asks = !given.yes && !given.json && !given.dryRun;
  return {
    ...(asks && {
      choose: async (found) => {
        await writeAll(streams.stdout, candidatesText(found));
        return (await questions.choose('Which key is meant?', found.length)) - 1;
      },
    }),
    showPlan: async (plan) => {
      report.plan = plan;
      for (const note of plan.notes) host.warn(note);
      if (!given.json) await writeAll(streams.stdout, grantPlanText(plan, painterFor(streams)));
    },
    confirm: async () => given.yes || questions.confirm('Is this okay?'),
    done: (file) => report.add(file),
    written: (path) => report.written(path),
    stoppable: (work) => withInterruption(streams, work, () => undefined),
  };
}

const LAST_WORDS = {
  granted: 'Granted. Commit .sops.yaml together with the files.',
  'nothing-to-do': 'Nothing to do: all was so already.',
  unchanged: 'Nothing was changed.',
  'dry-run': 'Nothing was changed (--dry-run).',
  interrupted: 'Interrupted: the files that were in work are whole. The same command again does the rest.',
  failed: 'No file could be opened, so nothing was written.',
} as const satisfies Record<GrantOutcome, string>;

const IN_PART = 'Granted in the other files. Once these can be changed, the same command again does the rest.';

/** What became of the files: failures as they come, and all of them at the end. */
class GrantReport {
  plan: GrantPlan | undefined;
  readonly #files: FileOutcome[] = [];

  constructor(
    private readonly given: Flags,
    private readonly context: Context,
  ) {}

  add(file: FileOutcome): void {
    const { streams, host, hintFor } = this.context;
    this.#files.push(file);
    for (const warning of file.warnings ?? []) host.warn(warning);
    if (file.error) {
      const { error } = file;
      say(
        streams.stderr,
        reportOf(
          error.file === undefined ? error.with(error.code, { file: file.path }) : error,
          this.given.verbose,
          hintFor,
        ).text,
      );
    } else if (file.result === 'granted') this.written(file.path);
  }

  written(path: string): void {
    if (!this.given.json) say(this.context.streams.stderr, `File ${printable(path)} written\n`);
  }

  /** Sums up, and gives the exit status: that of the first failure in the order of paths. */
  async end(outcome: GrantOutcome): Promise<number> {
    const { streams } = this.context;
    const { json, dryRun } = this.given;
    const files = this.#files.toSorted((one, other) => compareTexts(one.path, other.path));
    const failures = files.flatMap(({ path, error }) =>
      error ? [{ path, status: reportOf(error, false).status }] : [],
    );
    if (json && this.plan) await writeAll(streams.stdout, jsonText(grantData(this.plan, outcome, files, dryRun)));
    if (failures.length > 0) {
      const lines = failures.map(({ path, status }) => `  ${printable(path)} (${status})\n`);
      say(
        streams.stderr,
        `${failures.length} of ${files.length} files failed, with the exit status of each:\n${lines.join('')}`,
      );
    }
    const isPart = outcome === 'granted' && failures.length > 0;
    say(streams.stderr, `${isPart ? IN_PART : LAST_WORDS[outcome]}\n`);
    if (outcome === 'interrupted') return INTERRUPTED;
    return failures[0]?.status ?? 0;
  }
}
