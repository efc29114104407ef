/** `revoke`: from flags to the operation, and what it shows and asks. */
import { withName } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { AffectedFile, Revocation } from '../../operations/recipients/revocation.js';
import { type RevokeRequest, type RevokeTalk, revokeRecipient } from '../../operations/recipients/revoke.js';
import { type Painter, painterFor } from '../colours.js';
import { jsonText } from '../json-text.js';
import { Questions } from '../questions.js';
import { printable, reportOf } from '../report.js';
import { say, writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';
import { keyServiceFlags } from './document-flags.js';

export const revoke: Command = {
  async run(invocation) {
    const questions = new Questions(invocation.streams);
    try {
      const request = revokeRequest(invocation, talkWith(invocation, questions));
      const { outcome, failed } = await revokeRecipient(request, invocation.host);
      if (failed > 0)
        throw new SopsError('failed', `${failed} file(s) failed, and may still be readable for the recipient`);
      say(invocation.streams.stderr, `${LAST_WORDS[outcome]}\n`);
      return 0;
    } finally {
      await questions.close();
    }
  },
};

const LAST_WORDS = {
  revoked:
    'Revoked. Earlier versions of these files can still be read with the old key: replace the values listed above.',
  unchanged: 'Nothing was changed.',
  'dry-run': 'Nothing was changed (--dry-run).',
} as const;

/** What the flags ask for. Throws `usage`. */
export function revokeRequest({ values, operands }: Invocation, talk: RevokeTalk): RevokeRequest {
  const [who, folder, ...others] = operands;
  if (values.isOn('json') && !values.isOn('dry-run')) {
    throw new UsageError('--json goes with --dry-run: other runs ask and tell on the way', 'revoke');
  }
  if (!who || others.length > 0) throw new UsageError('revoke takes a name or recipient, and a folder', 'revoke');
  return {
    who,
    folder,
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    dryRun: values.isOn('dry-run'),
    ignoreMac: values.isOn('ignore-mac'),
    keepUnlisted: values.isOn('keep-unlisted'),
    decryptionOrder: values.text('decryption-order'),
    talk,
  };
}

function talkWith({ values, streams, host }: Invocation, questions: Questions): RevokeTalk {
  return {
    showPlan: (plan) =>
      writeAll(streams.stdout, values.isOn('json') ? jsonText(planData(plan)) : planText(plan, painterFor(streams))),
    confirm: async () => values.isOn('yes') || questions.confirm('Is this okay?'),
    written: (path) => say(streams.stderr, `File ${printable(path)} written\n`),
    failed: (error) => say(streams.stderr, reportOf(error, values.isOn('verbose')).text),
    warn: (message) => host.warn(message),
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
