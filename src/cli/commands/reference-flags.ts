/** Flags about references: what they may read, and which are left as they are. */
import { constants } from 'node:os';
import type { OnChange } from '../../operations/programs/kept-run.js';
import type { Input } from '../../operations/requests.js';
import type { ReferencesRequest } from '../../references/evaluate.js';
import type { PrintedType } from '../../references/print-documents.js';
import type { Session } from '../../util/host/host.js';
import { readStandardInput } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import type { Context } from './command.js';
import { resolvingFlags, SCHEME_WORDS, separateWords } from './shared-flags.js';

export const allowRefFlag = {
  allowRef: flag.list('allow-ref', {
    ...SCHEME_WORDS,
    help: 'let references in files run programs (exec), read the environment (envsubst) or other places; all for all',
  }),
};

export const excludeSecretFlag = {
  excludeSecret: flag.yesNo('exclude-secret', 'leave secretref+… as it is'),
};

/** What vals has, too. */
export const silentFlag = { silent: flag.yesNo('silent', 'say nothing beside errors', { short: 's' }) };

/** The surroundings of a command that may have to be silent. */
export function hostOf({ silent }: Values<typeof silentFlag>, { host }: Context): Session {
  return silent ? host.warningTo(() => undefined) : host;
}

const TYPES = ['yaml', 'json'] as const;

export const printedTypeFlag = {
  outputType: flag.text(
    'output',
    { value: 'TYPE', help: 'print it anew as yaml, or json on one line a document', offers: TYPES },
    { short: 'o' },
  ),
};

/** Throws `usage` for another type; `command` is the command's name. */
export function printedType({ outputType }: Values<typeof printedTypeFlag>, command: string): PrintedType | undefined {
  const found = TYPES.find((type) => type === outputType);
  if (found || outputType === undefined) return found;
  throw new UsageError('--output is yaml or json', command);
}

export const referenceFileFlag = {
  file: flag.text('file', { value: 'FILE', help: 'the file; - for standard input', offers: 'files' }, { short: 'f' }),
};

export function referencesRequest(
  given: Values<typeof allowRefFlag> & Partial<Values<typeof excludeSecretFlag>>,
): ReferencesRequest {
  return { allowed: separateWords(given.allowRef), onlyPlain: given.excludeSecret ?? false };
}

/** The file of `-f`, or the operand; without either, and for `-`, standard input. */
export function referencesInput({ file }: Values<typeof referenceFileFlag>, { operands, streams }: Context): Input {
  const path = file ?? operands[0] ?? '-';
  return path === '-'
    ? { kind: 'stdin', read: () => readStandardInput(streams, 'the document') }
    : { kind: 'file', path };
}

/** For programs that run while a store lends them values. */
export const keepingFlags = {
  ...resolvingFlags,
  onRotate: flag.text('on-rotate', { value: 'WHAT', group: 'references', offers: ['exit', 'restart', 'signal=HUP'] }),
  keepCredentials: flag.yesNo('keep-credentials', { group: 'references' }),
  grace: flag.integer('grace', { value: 'SECONDS', group: 'references' }),
  leaseInfo: flag.yesNo('lease-info', { group: 'references' }),
};

/** For a program that is started anew when what it got changes. */
export const watchFlags = {
  watch: flag.yesNo('watch', { group: 'references' }),
  poll: flag.integer('poll', { value: 'SECONDS', group: 'references' }),
  overlap: flag.integer('overlap', { value: 'SECONDS', group: 'references' }),
};

const DEFAULT_GRACE = 10;
const DEFAULT_POLL = 30;

/** How often secrets are looked at, in milliseconds; undefined where nothing is watched. Throws `usage`. */
export function watchOf({ watch, poll }: Values<typeof watchFlags>, command: string): number | undefined {
  if (!watch && poll !== undefined) throw new UsageError('--poll needs --watch', command);
  if (poll !== undefined && poll < 1) throw new UsageError('--poll is a number of seconds', command);
  return watch ? (poll ?? DEFAULT_POLL) * 1000 : undefined;
}

/** Undefined when the user does not ask for references. Throws `usage`. */
export function keepingOf(
  {
    resolveRefs,
    onRotate,
    grace,
    watch = false,
    overlap,
    leaseInfo,
  }: Values<typeof keepingFlags> & Partial<Values<typeof watchFlags>>,
  command: string,
): { onChange: OnChange; grace: number; overlap: number } | undefined {
  if (!resolveRefs && !watch) {
    if (onRotate !== undefined) throw new UsageError('--on-rotate needs --resolve-refs or --watch', command);
    if (leaseInfo) throw new UsageError('--lease-info needs --resolve-refs', command);
    return undefined;
  }
  if (overlap !== undefined && overlap < 0) throw new UsageError('--overlap is a number of seconds', command);
  const ending = endingOf({ onRotate: onRotate ?? (watch ? 'restart' : 'exit'), grace }, command);
  return { ...ending, overlap: (overlap ?? 0) * 1000 };
}

/** What becomes of a program whose values end, and how long it may take to end, in milliseconds. Throws `usage`. */
export function endingOf(
  { onRotate, grace }: Pick<Values<typeof keepingFlags>, 'onRotate' | 'grace'>,
  command: string,
): { onChange: OnChange; grace: number } {
  const milliseconds = (grace ?? DEFAULT_GRACE) * 1000;
  if (milliseconds < 0) throw new UsageError('--grace is a number of seconds', command);
  return { onChange: onChangeOf(onRotate ?? 'exit', command), grace: milliseconds };
}

function onChangeOf(word: string, command: string): OnChange {
  if (word === 'exit' || word === 'restart') return { kind: word };
  const [, name = 'HUP'] = /^signal(?:=(?:SIG)?([A-Z0-9]+))?$/.exec(word) ?? [undefined, ''];
  const signal = Object.keys(constants.signals).find((known) => known === `SIG${name}`);
  if (signal) return { kind: 'signal', signal: signal as NodeJS.Signals };
  throw new UsageError('--on-rotate is exit, restart, signal or signal=NAME', command);
}
