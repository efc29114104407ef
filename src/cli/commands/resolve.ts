/** `resolve`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { findEditor } from '../../exec/editor.js';
import { stageFile } from '../../git/git-answers.js';
import { type Decision, type ResolveRequest, resolveFile } from '../../git/resolve.js';
import { oneLine } from '../../util/text/one-line.js';
import { printable } from '../output/report.js';
import { ownProcess } from '../start/own-process.js';
import { nextLine, say } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, openingFlags } from './shared-flags.js';

const flags = {
  ours: flag.yesNo('ours', 'take ours in every conflict'),
  theirs: flag.yesNo('theirs', 'take theirs in every conflict'),
  union: flag.yesNo('union', 'take both in every conflict, ours first; only for items of lists'),
  add: flag.yesNo('add', 'stage the file afterwards (git add) without asking'),
  base: flag.text('base', { value: 'FILE', help: 'as a merge tool: the common base', offers: 'files' }),
  local: flag.text('local', { value: 'FILE', help: 'as a merge tool: ours', offers: 'files' }),
  remote: flag.text('remote', { value: 'FILE', help: 'as a merge tool: theirs', offers: 'files' }),
  merged: flag.text('merged', { value: 'FILE', help: 'as a merge tool: the file in conflict', offers: 'files' }),
  ...openingFlags,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const resolveConflicts = command({
  name: 'resolve',
  task: 'repository',
  summary: 'decide the conflicts of an encrypted file in the editor, which shows no other values',
  operands: 'file | base local remote merged',
  examples: [
    'sops-ts resolve secrets.yaml            # values in conflict, in your editor',
    'sops-ts resolve --theirs secrets.yaml   # for scripts: theirs in every conflict',
    `git config mergetool.sops-ts.cmd 'sops-ts resolve "$BASE" "$LOCAL" "$REMOTE" "$MERGED"'`,
  ],
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const { host, streams } = context;
    const request = resolveRequest(given, context);
    const tools = {
      own: ownProcess(),
      findEditor: () => findEditor(host),
      pause(reason: string): Promise<boolean> {
        say(streams.stderr, `${printable(reason)}\nPress enter to return to the editor, or Ctrl+C to exit.\n`);
        return nextLine(streams.stdin);
      },
    };
    const { decided, notes } = await resolveFile(request, tools, host);
    for (const note of notes) host.warn(note);
    const what = decided.length > 0 ? `decided ${decided.join(', ')}` : 'nothing was left to decide';
    say(streams.stderr, `${printable(`${oneLine(request.file)}: ${what}`)}\n`);
    if (!request.versions) await offerStaging(request.file, given.add, context);
    return 0;
  },
});

/** What the command line asks for. Throws `usage`, `no-file`, `conflict`. */
function resolveRequest(given: Flags, { operands }: Context): ResolveRequest {
  const opening = {
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    decryptionOrder: given.decryptionOrder,
    decision: decisionOf(given),
  };
  const named = [given.base, given.local, given.remote, given.merged];
  if (named.some((path) => path !== undefined)) {
    if (operands.length > 0) throw new UsageError('the files are named twice, by flags and without', 'resolve');
    return { ...opening, ...toolVersions(named) };
  }
  if (operands.length === 4) return { ...opening, ...toolVersions(operands) };
  const [file, ...others] = operands;
  if (file === undefined) throw new SopsError('no-file', 'Error: no file specified');
  if (others.length > 0) throw new UsageError('resolve takes one file, or four as a merge tool', 'resolve');
  return { ...opening, file };
}

function toolVersions([base, ours, theirs, file]: readonly (string | undefined)[]): Pick<
  ResolveRequest,
  'file' | 'versions'
> {
  if (ours === undefined || theirs === undefined || file === undefined) {
    throw new UsageError('a merge tool is given --local, --remote and --merged', 'resolve');
  }
  return { file, versions: { base: base === '' ? undefined : base, ours, theirs } };
}

function decisionOf({ ours, theirs, union }: Flags): Decision | undefined {
  const chosen = (['ours', 'theirs', 'union'] as const).filter((name) => ({ ours, theirs, union })[name]);
  if (chosen.length > 1) throw new SopsError('conflict', `Error: --${chosen.join(' and --')} exclude each other`);
  return chosen[0];
}

async function offerStaging(file: string, isAsked: boolean, { host, streams }: Context): Promise<void> {
  const shown = oneLine(file);
  const wanted = isAsked || (await host.confirm?.(`Stage ${shown} (git add)?`)) === true;
  if (wanted && (await stageFile(file, host))) return;
  say(streams.stderr, `${printable(`git add ${shown} tells git that the conflict is over`)}\n`);
}
