/** The settings of git that make it call sops-ts: for merging, for showing, for `git mergetool`. */
import { configValue } from '../exec/git/changes.js';
import { git, tryGit } from '../exec/git/run-git.js';
import { SHELL_TEMPORARY } from '../util/files/temporary-name.js';
import { decodeText } from '../util/text/text.js';
import type { SetupPlace } from './place.js';

/** What the drivers are called in settings and attributes. */
export const DRIVER = 'sops-ts';

/**
 * The merge driver. git takes the file of ours as it is when the driver is killed, so the first thing is to put marks in, by git itself and by a rename: Node.js alone
 * takes longer to start than this whole line. With an empty base everything that differs is marked, and `f` becomes the file of ours that was: descriptor 3 still has it,
 * from where sops-ts reads it, and git's own merge of texts where sops-ts cannot be started. Windows gives no program the descriptors of a shell.
 * In settings of git a percent sign begins what git fills in.
 */
function mergeDriver(program: string): string {
  const early = [
    `t=${SHELL_TEMPORARY}`,
    'git merge-file -p --marker-size=$4 -L ours -L base -L theirs "$2" /dev/null "$3" >$t 2>/dev/null',
    '[ $? -lt 128 ] && grep -q ENC $t && exec 3<"$2" && mv -f $t "$2" && f="--ours-from /dev/fd/3"',
    'rm -f $t',
  ].join('; ');
  const driver = `${program.replaceAll('%', '%%')} git merge-driver $f "$@"`;
  const ours = 'if [ "$f" ]; then cat <&3 >"$2"; fi';
  const text = 'git merge-file --marker-size=$4 -L ours -L base -L theirs "$2" "$1" "$3"';
  const absent = `if [ $c -eq 126 ] || [ $c -eq 127 ]; then ${ours}; ${text}; else exit 1; fi`;
  const whole = `if [ "$OS" != Windows_NT ]; then ${early}; fi; ${driver} || { c=$?; ${absent}; }`;
  return `m() { f=; ${whole}; }; m %O %A %B %L %P %S %X %Y`;
}

/**
 * The text conversion. git ends the whole command when one fails, as it does where the program is not there, for one in a short PATH:
 * then the file is shown as it is. What holds nothing encrypted is told by grep, which starts in a tenth of the time; the dots are for
 * the bytes between the letters of UTF-16.
 */
function textConversion(program: string): string {
  const mark = [...'ENC'].join('.\\{0,1\\}');
  const [first = ''] = /^(?:'(?:[^']|'\\'')*'|\S+)/.exec(program) ?? [];
  const conditions = [`LC_ALL=C grep -qa '${mark}' "$1"`, `command -v ${first} >/dev/null`];
  return `f() { ${conditions.join(' && ')} && ${program} git textconv "$1" || cat "$1"; }; f`;
}

/** The settings by name. */
export function driverSettings(program: string): ReadonlyMap<string, string> {
  return new Map([
    [`merge.${DRIVER}.name`, 'encrypted files, value by value (sops-ts)'],
    [`merge.${DRIVER}.driver`, mergeDriver(program)],
    [`diff.${DRIVER}.textconv`, textConversion(program)],
    // Whatever is kept would be plaintext, among the objects of the repository.
    [`diff.${DRIVER}.cachetextconv`, 'false'],
    [`mergetool.${DRIVER}.cmd`, `${program} resolve "$BASE" "$LOCAL" "$REMOTE" "$MERGED"`],
    [`mergetool.${DRIVER}.trustExitCode`, 'true'],
  ]);
}

/** The merge of ancestors is not to be left out: a value that one side took back would come back with it. */
const UNWANTED = `merge.${DRIVER}.recursive`;

/** Makes the settings, and hands over the name of each that was changed. */
export async function* writeSettings(place: SetupPlace): AsyncGenerator<string> {
  if ((await unsetSetting(UNWANTED, place)) > 0) yield UNWANTED;
  for (const [name, value] of driverSettings(place.program)) {
    if ((await ownValue(name, place)) === value) continue;
    await git(['config', scopeOf(place), '--replace-all', name, value], place.host);
    yield name;
  }
}

/** Takes the settings out; others of the same sections stay. Returns whether there was one. */
export async function removeSettings(place: SetupPlace): Promise<boolean> {
  let count = 0;
  for (const name of driverSettings(place.program).keys()) count += await unsetSetting(name, place);
  return count > 0;
}

/** Takes out a setting; 0 where it was not set. */
export async function unsetSetting(name: string, place: SetupPlace): Promise<number> {
  if ((await ownValue(name, place)) === undefined) return 0;
  await git(['config', scopeOf(place), '--unset-all', name], place.host);
  return 1;
}

/** A setting as it counts here, wherever it is made. */
export async function settingInForce(name: string, { host }: SetupPlace): Promise<string | undefined> {
  return configValue(name, host);
}

async function ownValue(name: string, place: SetupPlace): Promise<string | undefined> {
  const outcome = await tryGit(['config', scopeOf(place), '--get', name], place.host);
  return outcome?.status === 0 ? decodeText(outcome.stdout).replace(/\r?\n$/, '') : undefined;
}

function scopeOf({ isGlobal }: SetupPlace): string {
  return isGlobal ? '--global' : '--local';
}

/** A driver of `git diff`, by the settings in force, wherever they are made. */
export interface DiffDriver {
  readonly name: string;
  readonly textconv: string | undefined;
  readonly isCached: boolean;
}

/** The drivers that make plaintext of encrypted files, ours among them. */
export async function diffDrivers({ host }: SetupPlace): Promise<DiffDriver[]> {
  const outcome = await tryGit(['config', '-z', '--get-regexp', '^diff\\..*\\.(textconv|cachetextconv)$'], host);
  const drivers = new Map<string, DiffDriver>();
  for (const entry of outcome?.status === 0 ? decodeText(outcome.stdout).split('\0') : []) {
    const [, name, field, value] = /^diff\.(.*)\.(textconv|cachetextconv)(?:\n(.*))?$/s.exec(entry) ?? [];
    if (name === undefined) continue;
    const known = drivers.get(name) ?? { name, textconv: undefined, isCached: false };
    const isOn = value === undefined || /^(?:true|yes|on|1)$/i.test(value);
    drivers.set(name, field === 'textconv' ? { ...known, textconv: value } : { ...known, isCached: isOn });
  }
  return [...drivers.values()].filter(({ name, textconv }) => name === DRIVER || callsSops(textconv));
}

/** What people have from before, as many guides say. */
function callsSops(command: string | undefined): boolean {
  if (command?.includes('git textconv')) return true;
  const [, ...behind] = command?.split(/\bsops(?:-ts)?\b/) ?? [];
  return behind.some((words) => /\bdecrypt\b|\s-\w*d/.test(words));
}

/** The places where git keeps what text conversions made, by the names of drivers. */
export async function keptPlaintext(drivers: readonly DiffDriver[], { host }: SetupPlace): Promise<string[]> {
  const outcome = await tryGit(['for-each-ref', '--format=%(refname)', 'refs/notes/textconv/'], host);
  const names = new Set(drivers.map(({ name }) => `refs/notes/textconv/${name}`));
  const found = outcome?.status === 0 ? decodeText(outcome.stdout).split(/\r?\n/) : [];
  return found.filter((ref) => names.has(ref));
}
