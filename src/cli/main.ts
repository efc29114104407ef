/** The command line program: from words and streams to an exit status, without touching the process. */

import { type ErrorCode, SopsError } from '../errors.js';
import { isInexact } from '../util/files/native-path.js';
import type { AuditLog } from '../util/host/host.js';
import { wordedFailure } from '../util/host/system-failure.js';
import { withAudit } from './audit.js';
import { COMMANDS, type CommandRow } from './commands.js';
import { isCompletion } from './completion/script-mark.js';
import { createHost } from './host.js';
import { WORKER_WORD } from './many/worker-messages.js';
import { asItIs, type HintFor, reportOf } from './output/report.js';
import { tooLargeInWords } from './output/too-large.js';
import { sweep, sweepMemory } from './start/start-sweep.js';
import { exactStreams, print, type Streams, say } from './terminal/streams.js';
import { type CommandLine, commandWords, type RunLine, readCommandLine } from './words/command-line.js';
import { hintsFor } from './words/flag-hints.js';
import { START_FLAGS } from './words/flags.js';
import { UsageError } from './words/usage-error.js';

export { processStreams, type Streams } from './terminal/streams.js';

/** Refuses to stand for the plug-in of kustomize, which has a start file of its own: what kustomize says would be taken for a file to decrypt. */
function checkName({ programName = '' }: Streams): void {
  if (!/^(?:ksops|sops-ts-kustomize)$/.test(programName)) return;
  throw new SopsError('usage', `a link to sops-ts that is called ${programName} is not the plug-in of kustomize`, {
    hint: `Link to sops-ts-kustomize, or: sops-ts kustomize install --as ${programName} DIR`,
  });
}

/**
 * Runs one command line. `given` are the arguments without the program's name. Returns the exit status; never throws
 * and never ends the process. `commands` is there for tests.
 */
export async function main(
  given: readonly string[],
  ownStreams: Streams,
  commands: readonly CommandRow[] = COMMANDS,
): Promise<number> {
  let verbose = false;
  let hintFor = asItIs;
  const streams = await exactStreams(ownStreams);
  try {
    const exact = given.some((word) => isInexact(word))
      ? (await import('./start/raw-words.js')).rawWords(given)
      : given;
    checkName(streams);
    const words = streams.programName === 'vals' ? (await import('./words/vals-words.js')).valsWords(exact) : exact;
    // A key pressed in a shell decrypts nothing, and must not wait for a log.
    if (isCompletion(words)) return await answer({ kind: 'completion', words }, streams, commands);
    if (words[0] === WORKER_WORD) return await (await import('./many/worker.js')).runErrands(streams, main);
    return await withAudit(streams, async (audit) => {
      const line = readCommandLine(words, streams.env, commands);
      if (line.kind !== 'run') return answer(line, streams, commands);
      verbose = line.values.isOn(START_FLAGS.verbose);
      hintFor = hintsFor(line.row.name);
      return run(line, { words, streams, audit, verbose, hintFor }, commands);
    });
  } catch (error) {
    const report = reportOf(await withSuggestion(error), verbose, hintFor);
    say(streams.stderr, report.text);
    return report.status;
  }
}

interface Running {
  readonly words: readonly string[];
  readonly streams: Streams;
  readonly audit: AuditLog | undefined;
  readonly verbose: boolean;
  readonly hintFor: HintFor;
}

/** A command line that runs no command. */
type Question = Exclude<CommandLine, RunLine>;

async function answer(question: Question, streams: Streams, commands: readonly CommandRow[]): Promise<number> {
  await print(streams, await answerTo(question, streams, commands));
  return 0;
}

async function answerTo(line: Question, streams: Streams, commands: readonly CommandRow[]): Promise<string> {
  switch (line.kind) {
    case 'version': {
      const { updateText, versionText } = await import('./version.js');
      const version = versionText();
      return line.checksForUpdates ? version + (await updateText(createHost(streams))) : version;
    }
    case 'help':
      return (await import('./help/help.js')).helpPage(line.topic, commands, {
        programName: streams.programName,
        width: columnsOf(streams),
      });
    case 'completion':
      return (await import('./completion/reply.js')).completionReply(line.words, streams, commands);
  }
}

/** How many columns help may take. */
function columnsOf({ stdout }: Streams): number | undefined {
  const { columns } = stdout as { columns?: number };
  return columns;
}

async function run(
  line: RunLine,
  { words, streams, audit, verbose, hintFor }: Running,
  commands: readonly CommandRow[],
): Promise<number> {
  if (line.refusal) throw line.refusal;
  const log = verbose ? (await import('./output/log.js')).logTo(streams) : undefined;
  const host = createHost(streams, audit, log);
  for (const warning of line.warnings) host.warn(warning);
  if (host.calledAsSops) for (const warning of line.asSops ?? []) host.warn(warning);
  if (line.stray && !host.calledAsSops) throw line.stray;
  if (!line.row.skipsSweep && !streams.errands) {
    await sweep(line, host);
    // In somebody else's process, it is for them to ask for that.
    if (streams.areOwn) await sweepMemory(host);
  }
  const command = await line.row.load();
  const commandNames = (): string[] => commandWords(commands);
  return command.run({ ...line, words, host, streams, commandNames, hintFor }).catch((error: unknown) => {
    throw namingFile(wordedFailure(tooLargeInWords(error)), line);
  });
}

/** Failures that are about the words of the command line, or about standard output. */
const NAMELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['usage', 'no-file', 'write-failed', 'edit-unchanged']);

/** Every failure names its file, even where there is only one: whoever reads a script's log does not see the command line. */
function namingFile(error: unknown, { row, values, operands }: RunLine): unknown {
  if (!(error instanceof SopsError) || error.file !== undefined || NAMELESS.has(error.code)) return error;
  const isNamed = row.file === 'operand' || (row.file === 'lone-operand' && operands.length === 1);
  const file = typeof row.file === 'object' ? values.text(row.file.flag) : isNamed && operands[0];
  return file ? error.with(error.code, { file }) : error;
}

/** A misspelt word gets the nearest one as advice; only then is the code for it loaded. Never rejects. */
async function withSuggestion(error: unknown): Promise<unknown> {
  if (!(error instanceof UsageError) || !error.unknown) return error;
  const { unknown, hint = '' } = error;
  const advice = await import('./words/suggestion.js')
    .then((module) => module.adviceFor(unknown))
    .catch(() => undefined);
  return advice === undefined ? error : error.with('usage', { hint: `${advice} ${hint}` });
}
