/** Commands that work on one file, on each of several in place: `sops-ts encrypt -i FILE…`, as hooks before commits call it. */

import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { statSync } from '../../util/fs.js';
import { wordedFailure } from '../../util/system-failure.js';
import { reportOf } from '../report.js';
import { say } from '../streams.js';
import type { Context } from './command.js';

interface SeveralFlags {
  readonly inPlace: boolean;
  readonly filenameOverride: string | undefined;
  readonly verbose: boolean;
}

type RunOne = (context: Context) => Promise<number>;

/**
 * Runs a command on one file, or on each. One that fails is told and does not keep the others from their turn; the status is then that of
 * the first failure. What stands behind the first file and is none has no effect, as in SOPS, and a warning says so.
 */
export async function forEachFile(given: SeveralFlags, context: Context, runOne: RunOne): Promise<number> {
  const { operands, oldForm } = context;
  // A name given for a file is one file's (ignored-words.ts says the same of the words).
  const takesSeveral = given.inPlace && given.filenameOverride === undefined;
  if (operands.length < 2 || oldForm || !takesSeveral) return runOne(context);
  const files = filesOf(context);
  if (files.length === 1) return runOne({ ...context, operands: files });
  let status = 0;
  for (const file of files) {
    const one = await runTold({ ...context, operands: [file] }, runOne, given.verbose);
    status ||= one;
  }
  return status;
}

function filesOf({ operands, host }: Context): string[] {
  const [first = '', ...others] = operands;
  const files = [first];
  for (const other of new Set(others)) {
    if (other === first) continue;
    if (statSync(resolve(host.cwd, other), { throwIfNoEntry: false })?.isFile()) files.push(other);
    else host.warn(`More than one positional argument provided: ${JSON.stringify(other)} is no file and is not used.`);
  }
  return files;
}

async function runTold(context: Context, runOne: RunOne, verbose: boolean): Promise<number> {
  const [file = ''] = context.operands;
  try {
    return await runOne(context);
  } catch (thrown) {
    const error = wordedFailure(thrown);
    if (!(error instanceof SopsError)) throw error;
    const { text, status } = reportOf(error.with(error.code, { file: error.file ?? file }), verbose);
    say(context.streams.stderr, text);
    return status;
  }
}
