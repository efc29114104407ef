/** What shells do not take: names that they keep for themselves, under which nothing arrives, and values with which they start nothing more. */
import { platform } from 'node:process';
import { SopsError } from '../../errors.js';
import { encodeText } from '../../util/text/text.js';

interface OwnNames {
  /** Read-only, lists, or with an effect of their own: zsh as root becomes the user that `USERNAME` names. */
  readonly kept: ReadonlySet<string>;
  /** For these the shell takes a number, and works out any other text as if it were one, with the commands that it may hold. */
  readonly numbers: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

/** bash(1) "Shell Variables", zshparam(1) and the parameters of zsh's modules, fish's "Special variables"; the tests ask the shells. */
const OWN_NAMES = {
  bash: {
    kept: words(`
      _ BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_CMDS BASH_COMMAND BASH_LINENO BASH_MONOSECONDS BASH_REMATCH BASH_SOURCE
      BASH_SUBSHELL BASH_VERSINFO DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO PIPESTATUS PPID RANDOM SECONDS
      SHELLOPTS SRANDOM UID`),
    numbers: words('OPTIND SHLVL'),
  },
  zsh: {
    kept: words(`
      _ ARGC EGID EPOCHREALTIME EPOCHSECONDS EUID GID HISTCHARS HISTCMD KEYBOARD_HACK LINENO PPID RANDOM SECONDS TRY_BLOCK_ERROR
      TRY_BLOCK_INTERRUPT TTYIDLE UID USERNAME WATCH ZSH_EVAL_CONTEXT ZSH_SUBSHELL aliases argv builtins cdpath commands dirstack
      dis_aliases dis_builtins dis_functions dis_functions_source dis_galiases dis_patchars dis_reswords dis_saliases epochtime
      errnos fignore fpath funcfiletrace funcsourcetrace funcstack functions functions_source functrace galiases histchars
      history historywords jobdirs jobstates jobtexts keymaps langinfo mailpath manpath mapfile module_path modules nameddirs options
      parameters patchars path pipestatus psvar reswords saliases signals status sysparams termcap terminfo userdirs usergroups
      watch widgets zsh_eval_context zsh_scheduled_events`),
    numbers: words('COLUMNS FUNCNEST HISTSIZE KEYTIMEOUT LINES LISTMAX MAILCHECK OPTIND SAVEHIST SHLVL'),
  },
  fish: {
    kept: words(`
      _ FISH_VERSION PWD SHLVL fish_kill_signal fish_killring fish_pid history hostname pipestatus status status_generation umask
      version`),
    numbers: words(''),
  },
} as const satisfies Readonly<Record<string, OwnNames>>;

/** `MAX_ARG_STRLEN` of Linux: so long, with its name and what ends it, may one variable be for any program to be started. */
const LONGEST_BYTES = 131_072;

/** Throws `failed` for a variable that a shell would not take as it is, or with which it could start no program any more. */
export function checkTaken(shell: keyof typeof OWN_NAMES, name: string, value: string): void {
  if (platform === 'linux' && encodeText(`${name}=${value}\0`).length > LONGEST_BYTES) {
    throw new SopsError('failed', `with a value as long as that of ${name} the shell could start no program any more`, {
      hint: 'exec-file passes values of any size; or choose variables with --only.',
    });
  }
  const { kept, numbers } = OWN_NAMES[shell];
  const isNumber = numbers.has(name);
  if (!kept.has(name) && !(isNumber && !/^[1-9]\d{0,8}$/.test(value))) return;
  const what = isNumber ? `takes nothing but a number for ${name}` : `keeps ${name} for itself`;
  throw new SopsError('failed', `${shell} ${what}, and would not take the value`, {
    hint: 'Rename the key, or have export put something before the names with --prefix, or choose variables with --only.',
  });
}
