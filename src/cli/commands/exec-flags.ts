/** What `exec-env` and `exec-file` have in common: their files and program, and the program's streams. */
import type { ChildStreams } from '../../exec/child.js';
import type { Masks } from '../../exec/redact.js';
import type { ProgramChoice, ProgramRequest } from '../../operations/programs/program.js';
import type { VariablesRequest } from '../../operations/programs/variables.js';
import type { SecretsRequest } from '../../operations/read/open-secrets.js';
import { printable } from '../output/report.js';
import { type Streams, say } from '../terminal/streams.js';
import { flag, NEVER_EMPTY, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import type { Context } from './command.js';
import { keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, generalFlags, ignoreMacFlag, openingFlags } from './shared-flags.js';

/** About the program that is run. */
export const programFlags = {
  keepKeys: flag.yesNo('keep-keys', 'pass SOPS_AGE_KEY and the like on, too'),
  redact: flag.yesNo('redact', 'mask values of 4 characters or more in what the program prints'),
  user: flag.text('user', { value: 'NAME', help: 'run as this user; root alone can' }),
  // Deprecated, as in SOPS; a warning says so.
  background: flag.yesNo('background', { group: 'general' }),
};

/** How the files are opened; a format of the output has exec-file alone. */
export const secretFlags = { ...ignoreMacFlag, ...openingFlags, ...configFlag, ...generalFlags };
const types = { inputType: PROGRAM.inputType, outputType: PROGRAM.outputType };

type SecretFlags = Values<typeof secretFlags> & Partial<Values<typeof types>>;

/** Which variables are taken from files, and how. */
export const variableFlags = {
  prefix: flag.text('prefix', { value: 'TEXT', help: 'put TEXT before the name of every variable' }),
  rawValues: flag.yesNo('raw-values', 'take dotenv values as SOPS does, quotes and all'),
  only: flag.list('only', { value: 'NAMES', help: 'pass these variables only (comma list)' }, NEVER_EMPTY),
};

export interface ExecOperands {
  readonly files: readonly string[];
  readonly program: ProgramChoice;
}

/**
 * `FILE TEXT` is SOPS's form, run by the shell; in `FILE… -- PROGRAM ARGUMENT…` the words are the program's. Throws
 * `usage` for anything else; `command` is the command's name.
 */
export function execOperands({ operands, behindDashes }: Context, command: string): ExecOperands {
  const count = operands.length - (behindDashes ?? 0);
  if (behindDashes && count > 0) {
    return { files: operands.slice(0, count), program: { kind: 'words', words: operands.slice(count) } };
  }
  const [file = '', text] = operands;
  if (operands.length === 2 && text !== undefined) return { files: [file], program: { kind: 'shell', command: text } };
  throw new UsageError(`error: missing file to decrypt: write FILE 'COMMAND', or FILE -- PROGRAM ARGUMENT…`, command);
}

export function secretsRequest(given: SecretFlags, { host }: Context): SecretsRequest {
  return {
    ...typesOf(given, host),
    configPath: given.config,
    keyServices: keyServiceChoice(given),
    ignoreMac: given.ignoreMac,
    decryptionOrder: given.decryptionOrder,
  };
}

export function variablesChoice(
  given: SecretFlags & Values<typeof variableFlags>,
  context: Context,
): Omit<VariablesRequest, 'files' | 'flatten'> {
  return {
    ...secretsRequest(given, context),
    prefix: given.prefix ?? '',
    only: given.only.flatMap((names) => names.split(',')).filter((name) => name !== ''),
    rawValues: given.rawValues,
  };
}

/** Of commands that resolve references. */
interface LoginChoice {
  readonly resolveRefs?: boolean;
  readonly keepCredentials?: boolean;
  readonly leaseInfo?: boolean;
}

export function programRequest(
  {
    keepKeys,
    redact,
    user,
    background,
    resolveRefs,
    keepCredentials,
    leaseInfo,
  }: Values<typeof programFlags> & LoginChoice,
  { streams, host }: Context,
  program: ProgramChoice,
): ProgramRequest {
  if (background) host.warn('exec: --background is deprecated; run sops-ts itself in the background instead');
  return {
    program,
    user,
    background,
    keepKeys,
    withholdsLogins: resolveRefs === true && keepCredentials !== true,
    tellsLeases: leaseInfo,
    redact,
    streamsFor: (masks) => childStreams(streams, masks),
    tellEnd: (text) => say(streams.stderr, `${printable(text)}\n`),
  };
}

/** Undefined when the program can have the streams of this process, untouched. */
function childStreams(streams: Streams, masks: Masks | undefined): ChildStreams | undefined {
  if (streams.areOwn && !masks) return undefined;
  return {
    ...(streams.areOwn ? {} : { stdin: streams.stdin }),
    out: (source) => pump(source, streams.stdout, masks),
    err: (source) => pump(source, streams.stderr, masks),
  };
}

/** Copies at the speed of the slower side. When nobody reads any more, the program is told by its own pipe's end. */
async function pump(
  source: NodeJS.ReadableStream,
  sink: NodeJS.WritableStream,
  masks: Masks | undefined,
): Promise<void> {
  const redactor = masks ? new (await import('../../exec/redact.js')).Redactor(masks) : undefined;
  const write = (data: Uint8Array): Promise<boolean> =>
    data.length === 0
      ? Promise.resolve(true)
      : new Promise((settle) => sink.write(data, (error) => settle(error === undefined || error === null)));
  const ignore = (): void => undefined;
  sink.on('error', ignore);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      // Leaving the loop closes the pipe.
      if (!(await write(redactor ? redactor.push(chunk) : chunk))) return;
    }
    if (redactor) await write(redactor.end());
  } finally {
    sink.off('error', ignore);
  }
}
