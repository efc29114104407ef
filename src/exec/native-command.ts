/** Programs with words and variables of any bytes: Node hands on text only, so a shell makes the others of it (see `native-path.ts`). */
import { existsSync } from 'node:fs';
import { encodeText } from '../util/text/text.js';
import { withoutTrailing } from '../util/text/trim.js';

/** What is started, as for Node's `spawn`. */
export interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
  /** The name it is called by; by default its file. */
  readonly argv0?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Bash first: others drop variables whose names a shell cannot have. */
const BASH = '/bin/bash';
const SHELL = '/bin/sh';
/** The variable that holds the shell's script: arguments can be seen by everybody, variables cannot. */
const SCRIPT = 'SOPS_TS_START';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The same command where all of it is text; else one that becomes it, as the same process, with the bytes in their places. */
export function nativeCommand(command: ProgramCall): ProgramCall {
  const { file, args, argv0, env } = command;
  const strange = Object.entries(env).filter(([name, value]) => value?.isWellFormed() === false && NAME.test(name));
  if (strange.length === 0 && [file, ...args, argv0 ?? ''].every((word) => word.isWellFormed())) return command;
  const isBash = existsSync(BASH);
  const script = [
    `unset ${SCRIPT}`,
    ...strange.map(([name, value]) => `export ${name}; ${name}=${quoted(value ?? '')}`),
    `exec ${isBash && argv0 !== undefined ? `-a ${quoted(argv0)} ` : ''}${[file, ...args].map(quoted).join(' ')}`,
  ];
  return {
    file: isBash ? BASH : SHELL,
    // Privileged, bash reads no file that BASH_ENV names; nor that of an interactive one, as where its input is a socket.
    args: [...(isBash ? ['--norc', '-p'] : []), '-c', `eval "$${SCRIPT}"`],
    env: { ...env, ...Object.fromEntries(strange.map(([name]) => [name, undefined])), [SCRIPT]: script.join('\n') },
  };
}

/** A word for the shell. What stands between `$(` and `)` loses the line breaks at its end. */
function quoted(word: string): string {
  if (word.isWellFormed()) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const text = withoutTrailing(word, '\n');
  const breaks = word.slice(text.length);
  return `"$(printf '${[...encodeText(text)].map(octal).join('')}')"'${breaks}'`;
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
