/** `updatekeys`: from flags to the operation, and what it tells and asks on the way. */
import { SopsError } from '../../errors.js';
import { type UpdateKeysRequest, type UpdateKeysTalk, updateKeys } from '../../operations/updatekeys.js';
import { painterFor } from '../colours.js';
import { changeText } from '../key-change-text.js';
import { Questions } from '../questions.js';
import { reportOf } from '../report.js';
import { say, writeAll } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, keyServiceFlags } from './document-flags.js';

export const updatekeys: Command = {
  async run(invocation) {
    const questions = new Questions(invocation.streams);
    try {
      const talk = talkWith(invocation, questions);
      const { failed, outdated } = await updateKeys(updateKeysRequest(invocation, talk), invocation.host);
      if (failed > 0) throw new SopsError('failed', `failed updating ${failed} key(s)`);
      return outdated > 0 ? 1 : 0;
    } finally {
      await questions.close();
    }
  },
};

/** What the flags ask for. Throws `usage`. */
export function updateKeysRequest({ values, operands }: Invocation, talk: UpdateKeysTalk): UpdateKeysRequest {
  return {
    files: operands,
    inputType: formatFlag(values, 'input-type'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    shamirThreshold: values.integer('shamir-secret-sharing-threshold') || undefined,
    check: values.isOn('check') || values.isOn('dry-run'),
    keepDataKey: values.isOn('keep-data-key'),
    ignoreMac: values.isOn('ignore-mac'),
    decryptionOrder: values.text('decryption-order'),
    talk,
  };
}

function talkWith({ values, streams, host }: Invocation, questions: Questions): UpdateKeysTalk {
  const tell = (text: string): void => say(streams.stderr, `${text}\n`);
  return {
    started: (file) => tell(`Syncing keys for file ${file}`),
    showChange: (change) => writeAll(streams.stdout, changeText(change, painterFor(streams))),
    confirm: async () => values.isOn('yes') || questions.confirm('Is this okay?'),
    finished: (file, result, { shutOut }) => {
      const rewrapped = shutOut.length === 0 ? REWRAPPED : KEPT;
      tell(`File ${file} ${result === 'rewrapped' ? rewrapped : RESULTS[result]}`);
    },
    failed: (error) => say(streams.stderr, reportOf(error, values.isOn('verbose')).text),
    warn: (message) => host.warn(message),
  };
}

const REWRAPPED = 'synced with new keys (same data key)';
const KEPT = 'synced with new keys (same data key, as --keep-data-key asks: whoever was removed still knows it)';
const RESULTS = {
  'up-to-date': 'already up to date',
  unchanged: 'left unchanged',
  outdated: 'is out of date',
  rekeyed: 'synced with new keys (new data key, since a recipient was removed: every value is encrypted anew)',
} as const;
