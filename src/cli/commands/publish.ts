/** `publish`: from flags to the operation, and what it shows, asks and sums up. */
import { SopsError } from '../../errors.js';
import {
  type PublishOutcome,
  type PublishPreview,
  type PublishRequest,
  type PublishTalk,
  publishFiles,
} from '../../operations/write/publish.js';
import { INTERRUPTED, withInterruption } from '../many/interruption.js';
import { changeText } from '../output/key-change-text.js';
import { quantity } from '../output/quantity.js';
import { printable, reportOf } from '../output/report.js';
import { painterFor } from '../terminal/colours.js';
import { Questions } from '../terminal/questions.js';
import { say, writeAll } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { type Context, command } from './command.js';
import { keyServiceChoice } from './document-flags.js';
import { configFlag, confirmationFlags, generalFlags, openingFlags } from './shared-flags.js';

const flags = {
  ...confirmationFlags,
  dryRun: flag.yesNo('dry-run', 'open and check everything, show what would be sent (keys only), send nothing'),
  prune: flag.yesNo('prune', 'remove what earlier publications of a file left there and it no longer holds'),
  disableOld: flag.yesNo('disable-old', 'disable the versions before the new one (Google Secret Manager)'),
  managedBy: flag.text('managed-by', {
    value: 'WHO',
    help: 'the mark managed-by of secrets that are made (default: sops-ts)',
  }),
  recursive: flag.yesNo('recursive', 'every file of a folder but hidden ones, named by its path in there'),
  omitExtensions: flag.yesNo('omit-extensions', 'cut the last extension from the name at the destination'),
  ...openingFlags,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const publish = command({
  name: 'publish',
  task: 'places',
  summary: 'send files or their values to S3, GCS, Vault and other stores, as .sops.yaml says',
  operands: 'file|folder',
  examples: ['sops-ts publish --dry-run secrets/app.yaml', 'sops-ts publish --yes --recursive secrets'],
  operandRule: 'first',
  file: 'operand',
  flags,
  async run(given, context) {
    const { streams, host } = context;
    const questions = new Questions(streams);
    let isInterrupted = false;
    try {
      const request = publishRequest(given, context, talkWith(given, context, questions));
      const outcome = await withInterruption(
        streams,
        (stop) => publishFiles({ ...request, stop }, host),
        () => {
          isInterrupted = true;
        },
        () => questions.isAsking,
      );
      if (isInterrupted) {
        say(streams.stderr, INTERRUPTION);
        return INTERRUPTED;
      }
      if (outcome.failed > 0) throw new SopsError('failed', `failed publishing ${outcome.failed} file(s)`);
      return 0;
    } finally {
      await questions.close();
    }
  },
});

const INTERRUPTION =
  'Interrupted: what was being sent was finished, and nothing more was begun. The same command again does the rest.\n';

/** What the flags ask for. */
function publishRequest(given: Flags, { operands }: Context, talk: PublishTalk): PublishRequest {
  return {
    path: operands[0],
    recursive: given.recursive,
    omitExtensions: given.omitExtensions,
    dryRun: given.dryRun,
    prune: given.prune,
    wishes: { managedBy: given.managedBy, disablesOld: given.disableOld },
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    decryptionOrder: given.decryptionOrder,
    talk,
  };
}

function talkWith(given: Flags, { streams, host, hintFor }: Context, questions: Questions): PublishTalk {
  const tell = (text: string): void => {
    if (given.verbose) say(streams.stderr, `${text}\n`);
  };
  return {
    showChange: (change, nameOf) => {
      const words = { what: "the file's key groups", ...(host.calledAsSops ? {} : { nameOf }) };
      return writeAll(streams.stdout, changeText(change, painterFor(streams), words));
    },
    preview: (file, url, shown) => writeAll(streams.stdout, previewText(file, url, shown)),
    confirm: async (file, url, leftovers) => {
      const removal = leftovers.length === 0 ? '' : `, and taking away there: ${leftovers.map(printable).join(', ')}`;
      return (
        given.yes || questions.confirm(`uploading ${printable(file)} to ${printable(url)}${removal} ?`, ' (y/n): ')
      );
    },
    canceled: (file) => writeAll(streams.stdout, `Publication of ${printable(file)} canceled\n`),
    finished: (file, url, result) =>
      tell(`File ${printable(file)} ${result === 'written' ? 'published to' : 'is up to date in'} ${printable(url)}`),
    failed: (error) => say(streams.stderr, reportOf(error, given.verbose, hintFor).text),
    ended: (outcome) => say(streams.stderr, `${summaryOf(outcome)}\n`),
  };
}

/** Keys are a file's and may hold anything; line breaks between them are ours. */
function previewText(file: string, url: string, { masked, leftovers }: PublishPreview): string {
  const what = masked === null ? 'the encrypted file' : 'these values, decrypted:';
  const lines = [
    `${printable(file)} would be sent to ${printable(url)}: ${what}`,
    ...(masked ?? '').split('\n').map(printable),
    ...leftovers.map((name) => `would be taken away there: ${printable(name)}`),
  ];
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .concat('\n');
}

function summaryOf({ written, unchanged, canceled, failed, previewed }: PublishOutcome): string {
  const files = (count: number): string => quantity(count, 'file');
  if (written + unchanged + canceled + failed + previewed === 0) return 'No files were found; nothing was published.';
  const parts = [
    ...(previewed > 0 ? [`${files(previewed)} would be published (--dry-run)`] : []),
    ...(written > 0 ? [`${files(written)} published`] : []),
    ...(unchanged > 0 ? [`${files(unchanged)} already up to date`] : []),
    ...(canceled > 0 ? [`${files(canceled)} canceled`] : []),
    ...(failed > 0 ? [`${files(failed)} failed`] : []),
  ];
  return `${parts.join(', ')}.`;
}
