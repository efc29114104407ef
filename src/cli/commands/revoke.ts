/** `revoke`: from flags to the operation, and what it shows and asks. */
import { withName } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { AffectedFile, Revocation } from '../../operations/recipients/revocation.js';
import { type RevokeRequest, type RevokeTalk, revokeRecipient } from '../../operations/recipients/revoke.js';
import { INTERRUPTED, withInterruption } from '../many/interruption.js';
import { jsonText } from '../output/json-text.js';
import { printable, reportOf } from '../output/report.js';
import { type Painter, painterFor } from '../terminal/colours.js';
import { Questions } from '../terminal/questions.js';
import { say, writeAll } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { generalFlags, membershipFlags } from './shared-flags.js';

const flags = {
  ...membershipFlags,
  json: flag.yesNo('json', 'with --dry-run: print what a program can read'),
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const revoke = command({
  name: 'revoke',
  task: 'readers',
  summary: 'take a recipient out of .sops.yaml and every file, and list what they could read',
  operands: 'name|recipient [folder]',
  operandKinds: ['recipient', 'file'],
  examples: ['sops-ts revoke --dry-run alice', 'sops-ts revoke age1… secrets'],
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const questions = new Questions(context.streams);
    try {
      const request = revokeRequest(given, context, talkWith(given, context, questions));
      const { outcome, failed } = await revokeRecipient(request, context.host);
      if (outcome === 'interrupted') {
        say(context.streams.stderr, `${LAST_WORDS[outcome]}\n`);
        return INTERRUPTED;
      }
      if (failed > 0)
        throw new SopsError('failed', `${failed} file(s) failed, and may still be readable for the recipient`);
      say(context.streams.stderr, `${LAST_WORDS[outcome]}\n`);
      return 0;
    } finally {
      await questions.close();
    }
  },
});

const LAST_WORDS = {
  revoked:
    'Revoked. Earlier versions of these files can still be read with the old key: replace the values listed above.',
  unchanged: 'Nothing was changed.',
  'dry-run': 'Nothing was changed (--dry-run).',
  interrupted:
    'Interrupted: the files that were in work are whole, others were not begun. Go on with: sops-ts revoke RECIPIENT',
} as const;

/** What the flags ask for. Throws `usage`. */
export function revokeRequest(given: Flags, { operands }: Context, talk: RevokeTalk): RevokeRequest {
  const [who, folder, ...others] = operands;
  if (given.json && !given.dryRun) {
    throw new UsageError('--json goes with --dry-run: other runs ask and tell on the way', 'revoke');
  }
  if (!who || others.length > 0) throw new UsageError('revoke takes a name or recipient, and a folder', 'revoke');
  return {
    who,
    folder,
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    dryRun: given.dryRun,
    ignoreMac: given.ignoreMac,
    keepUnlisted: given.keepUnlisted,
    decryptionOrder: given.decryptionOrder,
    talk,
  };
}

function talkWith(given: Flags, { streams, host }: Context, questions: Questions): RevokeTalk {
  return {
    showPlan: (plan) =>
      writeAll(streams.stdout, given.json ? jsonText(planData(plan)) : planText(plan, painterFor(streams))),
    confirm: async () => given.yes || questions.confirm('Is this okay?'),
    written: (path) => say(streams.stderr, `File ${printable(path)} written\n`),
    failed: (error) => say(streams.stderr, reportOf(error, given.verbose).text),
    warn: (message) => host.warn(message),
    stoppable: (work) => withInterruption(streams, work, () => undefined),
  };
}

/** What `--json` prints: the same, and why files could not be looked into. */
function planData({ recipients, configs, files, problems }: Revocation): unknown {
  return {
    recipients,
    configs: configs.map(({ path }) => path),
    files: files.map(({ path, readable: { paths, comments }, shamirThreshold }) => {
      return { path, paths, comments, shamirThreshold };
    }),
    problems: problems.map(({ file, message }) => ({ file, message })),
  };
}

/** Who goes from where, and per file what they could read. */
function planText({ recipients, nameOf, configs, files }: Revocation, paint: Painter): string {
  const lines = [
    'These recipients will be revoked:',
    ...recipients.map((recipient) => paint('red', `--- ${printable(withName(recipient, nameOf))}`)),
    ...(configs.length > 0 ? ['They will be taken out of:'] : ['No configuration names them.']),
    ...configs.map(({ path }) => `    ${printable(path)}`),
    ...(files.length > 0
      ? ['These files will get a new data key; listed is what could be read with the old one:']
      : []),
    ...files.flatMap((file) => [
      paint('underlined', titleOf(file)),
      ...file.readable.paths.map((path) => `    ${printable(path)}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function titleOf({ path, readable, shamirThreshold }: AffectedFile): string {
  const comments = readable.comments === 0 ? '' : `, comments: ${readable.comments}`;
  const others = shamirThreshold > 1 ? `; together with ${shamirThreshold - 1} other key group(s)` : '';
  return `${printable(path)} (values: ${readable.paths.length}${comments}${others})`;
}
