/** Errors and warnings as they leave the library: what they say of flags is said of its options, and what is not an error of ours becomes one. */
import { SopsError } from '../errors.js';
import { FORMATS } from '../formats/registry.js';
import { isError } from '../util/realms.js';
import { optionNames } from './options.js';

/** What a flag of the command line is in the library: the first of these options that a call takes. */
interface Counterpart {
  readonly options: readonly string[];
  /** What the option is to be, where that is not up to the reader. */
  readonly value?: string;
}

/** The flags that sentences name, whoever says them. Those without options are of the command line alone. */
export const FLAGS: Readonly<Record<string, Counterpart>> = {
  age: { options: ['recipients', 'add'] },
  'allow-unencrypted': { options: ['allowUnencrypted'], value: 'true' },
  'as-sops': { options: [] },
  config: { options: ['config'] },
  'ignore-mac': { options: ['ignoreMac'], value: 'true' },
  'in-place': { options: [] },
  'input-type': { options: ['format'] },
  'keep-unlisted': { options: [] },
  keyservice: { options: ['keyServices'] },
  'managed-by': { options: [] },
  only: { options: ['only'] },
  'output-type': { options: ['as', 'to', 'format'] },
  'raw-values': { options: ['rawValues'], value: 'true' },
};

/** Sentences that are others in a program; of two, the first is for calls that take the option of that name. */
const PHRASES: readonly (readonly [RegExp, string, string?, string?])[] = [
  [/(?:,| or) --aws-profile\b/g, ''],
  [/; --verbose shows all reasons/g, ''],
  [/Run it on a terminal; a gpg-agent/g, 'Give the option askSecret; a gpg-agent'],
  [
    /name (its file|the private key|a file with AGE-PLUGIN-…) in (SOPS_AGE_(?:SSH_PRIVATE_)?KEY_FILE)/g,
    'give it in the option identities, or name $1 in $2',
    'identities',
    'name $1 in $2',
  ],
  [
    /which belongs into SOPS_AGE_KEY_FILE/g,
    'which belongs into the option identities.ageFiles or SOPS_AGE_KEY_FILE',
    'identities',
    'which belongs into SOPS_AGE_KEY_FILE',
  ],
  [/through command line options/g, 'by the option recipients'],
  [
    /leave out --enable-local-keyservice=false, or name one with --keyservice/g,
    "name 'local' or another one in the option keyServices",
  ],
  [
    /joined into one name with: sops-ts exec-env .*/g,
    'joined into one name with flatten: true.',
    'flatten',
    'joined into one name with SOPS_FLATTEN=1.',
  ],
  [
    /This is a defect of sops-ts: please report it/g,
    'A format of yours has to read what it prints; if it is not yours, this is a defect of sops-ts: please report it',
  ],
  [/rotate --rm-…/g, 'rotate with remove'],
  [/rotate --add-…/g, 'rotate with add'],
  [/use sops-ts edit, set or encrypt --update/g, 'use open'],
  [/It is ([\w-]+)\. Write: sops(?:-ts)? decrypt .*/g, "It is $1: give as: '$1'."],
];

/** What stays as it is: command lines, and what is said of the flags of SOPS. */
const KEPT =
  /(sops(?:-ts)? [a-z-]+[^\n,;)]*|needs --input-type \S+ --output-type \S+|where sops writes \w+ unless --output-type \S+)/;

const NAMES = FORMATS.map(({ name }) => name).join('|');
const FLAG = new RegExp(
  String.raw`(?<![\w-])--(${Object.keys(FLAGS).join('|')})(?![\w-])(?: on the command line)?(?: (${NAMES})\b)?`,
  'g',
);

/** A sentence for whoever calls the library; `options` are those that the call takes. */
export function worded(sentence: string, options: readonly string[]): string {
  let text = sentence;
  for (const [pattern, said, option, otherwise] of PHRASES)
    text = text.replace(pattern, option === undefined || options.includes(option) ? said : (otherwise ?? said));
  return text
    .split(KEPT)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(FLAG, (_, flag, value) => inLibrary(flag, value, options))))
    .join('');
}

function inLibrary(flag: string, value: string | undefined, taken: readonly string[]): string {
  const { options = [], value: fixed } = FLAGS[flag] ?? {};
  const option = options.find((name) => taken.includes(name));
  if (option === undefined) return `--${flag} on the command line${value === undefined ? '' : ` as ${value}`}`;
  if (fixed !== undefined) return `${option}: ${fixed}`;
  return value === undefined || option === 'to' ? `the option ${option}` : `${option}: '${value}'`;
}

/** An error as the caller of the library gets it. */
export function leaving(error: unknown, options: object): SopsError {
  if (!SopsError.is(error)) return unforeseen(error);
  const names = optionNames(options);
  const told = messageFor(error, names);
  const left = told === error.message ? error : error.reworded(told);
  // Of a copy as well as of what it was made from, which may be the cause of others; the caller's own may be in a circle.
  const seen = new Set<unknown>();
  for (let one: unknown = left; SopsError.is(one) && !seen.has(one) && !Object.isFrozen(one); one = one.cause) {
    seen.add(one);
    if (one.hint !== undefined)
      Object.defineProperty(one, 'hint', { value: worded(one.hint, names), enumerable: true });
  }
  return left;
}

/** The name of the file is nobody's flag. */
function messageFor({ message, file }: SopsError, options: readonly string[]): string {
  if (file === undefined || file === '') return worded(message, options);
  return message
    .split(file)
    .map((part) => worded(part, options))
    .join(file);
}

/** What a callback of the caller threw, or a defect of ours. The message of neither is known to hold no value. */
function unforeseen(cause: unknown): SopsError {
  const name = isError(cause) ? cause.name : typeof cause;
  return new SopsError('failed', `the call failed by something that is not an error of sops-ts: ${name}`, {
    hint: 'Its cause has more; if that is neither an option of yours nor the system, it is a defect of sops-ts: please report it.',
    cause,
  });
}
