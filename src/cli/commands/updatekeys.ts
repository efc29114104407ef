/** `updatekeys`: from flags to the operation, and what it tells and asks on the way. */
import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import type { KeyChange } from '../../operations/key-changes.js';
import {
  type UpdateKeysRequest,
  type UpdateKeysTalk,
  type UpdateResult,
  updateKeys,
} from '../../operations/recipients/updatekeys.js';
import { painterFor } from '../colours.js';
import { jsonText } from '../json-text.js';
import { changeText } from '../key-change-text.js';
import { Questions } from '../questions.js';
import { printable, reportOf } from '../report.js';
import { say, writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, keyServiceFlags } from './document-flags.js';

export const updatekeys: Command = {
  async run(invocation) {
    if (invocation.values.isOn('json')) return checkAsJson(invocation);
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

/** What `--json` prints of a file that was checked. */
interface CheckedFile {
  /** Absolute. */
  readonly file: string;
  readonly result: UpdateResult | 'failed';
  /** What would change; null when nothing does, and for a file that failed. */
  readonly change: Pick<KeyChange, 'groups' | 'threshold'> | null;
  readonly error?: string;
}

/** `--check --json`: the files and what would change. A lone file that fails is an error without output, as without `--json`. */
async function checkAsJson(invocation: Invocation): Promise<number> {
  const { values, host, streams } = invocation;
  if (!values.isOn('check') && !values.isOn('dry-run')) {
    throw new UsageError('--json goes with --check: other runs ask and tell on the way', 'updatekeys');
  }
  const files: CheckedFile[] = [];
  const talk: UpdateKeysTalk = {
    started: () => undefined,
    showChange: async () => undefined,
    confirm: async () => false,
    finished: (file, result, { groups, threshold }) => {
      files.push({ file, result, change: result === 'outdated' ? { groups, threshold } : null });
    },
    failed: ({ file = '', message }) => {
      files.push({ file: resolve(host.cwd, file), result: 'failed', change: null, error: message });
    },
    warn: (message) => host.warn(message),
  };
  const { failed, outdated } = await updateKeys(updateKeysRequest(invocation, talk), host);
  await writeAll(streams.stdout, jsonText({ outdated, failed, files }));
  return failed + outdated > 0 ? 1 : 0;
}

/** What the flags ask for. Throws `usage`. */
export function updateKeysRequest(invocation: Invocation, talk: UpdateKeysTalk): UpdateKeysRequest {
  const { values, operands } = invocation;
  return {
    files: operands,
    inputType: formatFlag(invocation, 'input-type'),
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
  const tell = (text: string): void => say(streams.stderr, `${printable(text)}\n`);
  return {
    started: (file) => tell(`Syncing keys for file ${file}`),
    // Programs that call `sops` may read these lines.
    showChange: (change, nameOf) =>
      writeAll(streams.stdout, changeText(change, painterFor(streams), host.calledAsSops ? {} : { nameOf })),
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
