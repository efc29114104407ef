/** `git merge-driver`: from git's words to the operation. */

import { SopsError } from '../../errors.js';
import { type DriverRequest, driveMerge } from '../../git/driver.js';
import { oneLine } from '../../util/text/one-line.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

/** What git before 2.44 hands over for the labels, which it does not know. */
const UNKNOWN = /^(?:%[SXY])?$/;
const USUAL_SIZE = 7;

export const gitMergeDriver = command({
  name: 'git merge-driver',
  task: 'repository',
  summary: 'merge three versions of an encrypted file; git calls it',
  operands: 'BASE OURS THEIRS [MARKER-SIZE [PATH [LABEL…]]]',
  examples: ["git config merge.sops-ts.driver 'sops-ts git merge-driver %O %A %B %L %P %S %X %Y'"],
  flags: {
    oursFrom: flag.text('ours-from', {
      value: 'FILE',
      help: 'read OURS there; what is in its place are marks that were put in before this program started',
    }),
    ...generalFlags,
  },
  async run({ oursFrom }, { operands, host }) {
    // git takes any status but 0 and 1 for a driver that could not be run, or for a signal.
    try {
      const { isClean, messages } = await driveMerge({ ...requestOf(operands), oursFrom }, host);
      for (const message of messages) host.warn(`${oneLine(operands[4] ?? '')}: ${message}`);
      return isClean ? 0 : 1;
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw error.with('failed');
    }
  },
});

function requestOf(operands: readonly string[]): DriverRequest {
  const [base, ours, theirs, size = '', path = ours ?? ''] = operands;
  if (base === undefined || ours === undefined || theirs === undefined) {
    throw new SopsError('usage', 'git merge-driver takes three files', {
      hint: 'git calls it: sops-ts git merge-driver %O %A %B %L %P %S %X %Y',
    });
  }
  const [base_, ours_, theirs_] = ['base', 'ours', 'theirs'].map((name, at) => labelOf(operands[5 + at], name));
  const labels = { base: base_ ?? '', ours: ours_ ?? '', theirs: theirs_ ?? '' };
  const given = Number(size);
  const markerSize = Number.isSafeInteger(given) && given > 0 && given <= 1000 ? given : USUAL_SIZE;
  return { base, ours, theirs, path, markerSize, labels };
}

function labelOf(given: string | undefined, side: string): string {
  return given === undefined || UNKNOWN.test(given) ? side : oneLine(given);
}
