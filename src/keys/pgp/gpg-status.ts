/** What gpg tells programs of its doings (`--status-fd`, GnuPG's doc/DETAILS): the same words in every language. */

/** A line of status: its word and what follows it. */
interface StatusLine {
  readonly word: string;
  readonly rest: readonly string[];
  /** The line of prose before it, as an index; -1 for none. */
  readonly after: number;
}

export interface GpgStatus {
  readonly lines: readonly StatusLine[];
  /** What is meant for people, in their language. */
  readonly prose: readonly string[];
  /** The line of prose that says why it failed. */
  readonly decisive: string | undefined;
}

const PREFIX = '[GNUPG:] ';

/** Takes what gpg wrote on its standard error apart. */
export function readStatus(text: string): GpgStatus {
  const prose: string[] = [];
  const lines: StatusLine[] = [];
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(PREFIX);
    const spoken = at < 0 ? line : line.slice(0, at);
    if (spoken.trim() !== '') prose.push(spoken.trimEnd());
    if (at < 0) continue;
    const [word = '', ...rest] = line.slice(at + PREFIX.length).split(' ');
    lines.push({ word, rest, after: prose.length - 1 });
  }
  return { lines, prose, decisive: decisiveOf(lines, prose) };
}

/** Words that come right after the line of prose that says why. */
const DECISIVE = ['ERROR', 'INV_RECP', 'NODATA'];

/** Without such a word the last line tells; lines that begin with blanks go with the one before. */
function decisiveOf(lines: readonly StatusLine[], prose: readonly string[]): string | undefined {
  const line = DECISIVE.map((word) => lines.find((one) => one.word === word)).find((one) => one !== undefined);
  const until = line === undefined || line.after < 0 ? prose.length : line.after + 1;
  return prose.slice(0, until).findLast((one) => !/^\s/.test(one));
}

/** Codes of libgpg-error (the low 16 bits of what ERROR and FAILURE tell). */
const BAD_PASSPHRASE = [11, 31];
const NO_SECRET_KEY = 17;
const UNUSABLE_KEY = [53, 54, 217, 252];
const TIMEOUT = 62;
const NO_AGENT = [77, 78];
const NO_PINENTRY = [85, 86];
const BAD_PIN = [87, 178];
const CANCELED = [99, 114, 198];
const CARD = [91, 108, 109, 110, 111, 112, 119];
const NO_PASSPHRASE = 177;
/** The place of an ERROR: a keyring could not be opened or made. */
const NO_KEYRING = 'add_keyblock_resource';
/** Set for errors of the system, such as ENOTTY from a pinentry without terminal. */
const SYSTEM_ERROR = 0x8000;

const TERMINAL = 'run export GPG_TTY=$(tty), or unlock the key before, e.g. by signing something.';
const STEPS: readonly (readonly [readonly number[], string])[] = [
  [BAD_PASSPHRASE, 'The passphrase was wrong: run it again with the right one.'],
  [CANCELED, 'The question for the passphrase was cancelled: run it again, and answer it.'],
  [[TIMEOUT], 'Nobody answered the question for the passphrase in time: run it again, and answer it.'],
  [NO_PINENTRY, `gpg needs the passphrase, and its pinentry cannot ask for it: install a pinentry, ${TERMINAL}`],
  [NO_AGENT, 'gpg-agent cannot be reached: start it with gpgconf --launch gpg-agent.'],
  [BAD_PIN, "The card's PIN was wrong: gpg --card-status tells how many tries are left."],
  [CARD, 'The key is on a card or token: plug it in; gpg --card-status should show it.'],
  [[NO_PASSPHRASE], `gpg needs the passphrase: ${TERMINAL}`],
];

/** The next step by what gpg told. */
export function stepFor({ lines }: GpgStatus): string {
  const has = (word: string): boolean => lines.some((line) => line.word === word);
  const codes = lines
    .filter(({ word }) => word === 'ERROR' || word === 'FAILURE')
    .map(({ rest }) => Number(rest[1]) & 0xffff);
  const [reason] = lines.find(({ word }) => word === 'INV_RECP')?.rest ?? [];
  for (const [known, step] of STEPS) if (codes.some((code) => known.includes(code))) return step;
  // ERROR only: FAILURE says so, too, when a message cannot be read.
  const failed = lines.find(({ word, rest }) => word === 'ERROR' && rest[0] !== NO_KEYRING);
  if (failed && (Number(failed.rest[1]) & SYSTEM_ERROR) !== 0) return `gpg needs the passphrase: ${TERMINAL}`;
  if (lines.some(({ rest }) => rest[0] === NO_KEYRING))
    return 'gpg cannot use its keyring: see that GNUPGHOME names a folder that is there, and that it is yours (mode 0700).';
  if (reason !== undefined || codes.some((code) => UNUSABLE_KEY.includes(code))) return stepForKey(reason, has);
  if (has('NO_SECKEY') || codes.includes(NO_SECRET_KEY)) {
    return 'gpg has no secret key for it: import it, or name the keyring that has it in GNUPGHOME.';
  }
  return lines.length === 0 ? FAILED : MAY_BE_DAMAGED;
}

const FAILED = 'gpg itself failed: see that it runs by itself (gpg --version), and what its gpg.conf says.';
export const MAY_BE_DAMAGED = "The entry may be damaged: look at the file's history.";

/** INV_RECP's reasons: 1 not found, 4 revoked, 5 expired, 10 not trusted, 13 disabled. */
function stepForKey(reason: string | undefined, has: (word: string) => boolean): string {
  if (reason === '1') return 'gpg does not have this public key: import it (gpg --import, or gpg --locate-keys).';
  if (reason === '4' || has('KEYREVOKED')) return REVOKED;
  if (reason === '5' || has('KEYEXPIRED')) return EXPIRED;
  if (reason === '13') return 'The key is disabled: gpg --edit-key, then enable.';
  return 'The key cannot be used for encrypting: see gpg --list-keys for what has expired, was revoked, or is not there.';
}

export const EXPIRED =
  'The key has expired: its owner can extend it (gpg --quick-set-expire), then import it anew; or use another key.';
export const REVOKED = 'The key was revoked: ask its owner for the new one, and put that into .sops.yaml.';
