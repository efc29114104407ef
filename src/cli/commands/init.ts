/** `init`: from flags to the operation, what it asks, and what it tells to do next. */
import { SCHEMA_NAME } from '../../config/first-config.js';
import { type InitOutcome, initialize } from '../../operations/recipients/init.js';
import { printable } from '../output/report.js';
import { Questions } from '../terminal/questions.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { confirmationFlags, generalFlags } from './shared-flags.js';

export const init = command({
  name: 'init',
  task: 'setup',
  summary: 'make an age key and a .sops.yaml, where there is none; nothing is ever overwritten',
  operands: '',
  examples: [
    'sops-ts init                          # asks before it makes something',
    "sops-ts init --yes --path-regex '^secrets/'",
    'sops-ts init --yes --age $ALICE,$BOB  # a configuration for others, without a key',
  ],
  flags: {
    ...confirmationFlags,
    age: flag.text(
      'age',
      { value: 'LIST', help: 'the recipients to write instead of your own key (comma list)' },
      { short: 'a' },
    ),
    name: flag.text('name', {
      value: 'NAME',
      help: 'what your key is called in .sops.yaml (default: your user name)',
    }),
    keyFile: flag.text('key-file', {
      value: 'FILE',
      help: 'make the key there; it is refused in a repository',
      offers: 'files',
    }),
    pathRegex: flag.text('path-regex', {
      value: 'REGEX',
      help: 'write one rule, for these files, instead of the usual ones',
    }),
    encryptedRegex: flag.text('encrypted-regex', {
      value: 'REGEX',
      help: 'encrypt only values whose keys match, in those files',
    }),
    ...generalFlags,
  },
  async run(flags, { operands, host, streams }) {
    if (operands.length > 0) throw new UsageError('init takes no operands, only flags', 'init');
    const questions = new Questions(streams);
    try {
      const outcome = await initialize(
        {
          recipients: flags.age,
          name: flags.name,
          keyFile: flags.keyFile,
          pathRegex: flags.pathRegex,
          encryptedRegex: flags.encryptedRegex,
          confirm: async (question) => flags.yes || questions.confirm(printable(question)),
        },
        host,
      );
      for (const warning of outcome.warnings) host.warn(warning);
      await writeAll(streams.stdout, `${textOf(outcome).map(printable).join('\n')}\n`);
      return 0;
    } finally {
      await questions.close();
    }
  },
});

function textOf(outcome: InitOutcome): string[] {
  const lines = [...keyLines(outcome), ...configLines(outcome)];
  return lines.length === 0 ? ['Nothing was made.'] : [...lines, ...lastLines(outcome)];
}

function keyLines({ key }: InitOutcome): string[] {
  if (!key) return [];
  const { isNew, recipient } = key;
  if (!isNew) return [`You have an age key already, in ${placeOf(key)}; its public key is ${recipient}`];
  return [
    `Made an age key in ${placeOf(key)}; its public key is ${recipient}`,
    '  Keep a copy in a safe place: what is encrypted for it alone cannot be read without it.',
  ];
}

/** A path, or in words the variable that holds the key or names its file. */
function placeOf({ location }: NonNullable<InitOutcome['key']>): string {
  if (location === 'SOPS_AGE_KEY') return 'the variable SOPS_AGE_KEY';
  return location === 'SOPS_AGE_KEY_FILE' ? 'the file that SOPS_AGE_KEY_FILE names' : location;
}

function configLines({ key, config }: InitOutcome): string[] {
  if (!config) return [];
  if (config.isNew) return [`Wrote ${config.path}: who can read which files. Look into it, it explains itself.`];
  const kept = `${config.path} is there already and stays as it is.`;
  if (!key || config.namesKey) return [kept];
  return [kept, '  Your key is not in it: somebody who can read the files must add it, and run sops-ts updatekeys.'];
}

function lastLines({ key, config }: InitOutcome): string[] {
  const schema = config?.isNew ? `${SCHEMA_NAME}, ` : '';
  const committed = config ? `${config.path}, ${schema}and ` : '';
  const next = config?.example ? `sops-ts edit ${config.example}` : config ? 'sops-ts encrypt -i FILE' : ENCRYPT_FOR;
  return [
    '',
    `Commit:       ${committed}files once they are encrypted (sops-ts filestatus FILE tells)`,
    `Never commit: ${key ? `${placeOf(key)}, ` : 'age keys, '}and what sops-ts decrypt writes to files`,
    `Next:         ${next}    (sops-ts why FILE, sops-ts doctor when in doubt)`,
  ];
}

const ENCRYPT_FOR = 'sops-ts encrypt -i --age PUBLIC_KEY FILE';
