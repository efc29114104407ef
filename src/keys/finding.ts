/** What providers find out on this machine for `doctor`, and the findings that several of them have. */

import { SopsError } from '../errors.js';
import { systemReason } from '../util/files/files.js';
import { readNamedFile } from '../util/files/named-file.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import { shownPath } from '../util/text/content-as-path.js';

/** Something that bears on opening keys of a type: an identity, a program, credentials. Holds no secret. */
export interface KeyFinding {
  /**
   * `found`: it is there and will be used; `also`: it is there, but opens nothing by itself; `absent`: it is not set up, which is
   * fine; `faulty`: it is set up and cannot work.
   */
  readonly state: 'found' | 'also' | 'absent' | 'faulty';
  /** What, and where: a variable's name, a path, a program. */
  readonly what: string;
  /** Its public side, or what is wrong. */
  readonly detail?: string | undefined;
  /** What can be done, one sentence. */
  readonly advice?: string | undefined;
}

type Rest = Pick<KeyFinding, 'detail' | 'advice'>;

export const found = (what: string, rest: Rest = {}): KeyFinding => ({ state: 'found', what, ...rest });
export const also = (what: string, rest: Rest = {}): KeyFinding => ({ state: 'also', what, ...rest });
export const absent = (what: string, rest: Rest = {}): KeyFinding => ({ state: 'absent', what, ...rest });

/** A fault, in the words of an error. Errors that are not a SopsError are passed on. */
export function faulty(what: string, error: unknown): KeyFinding {
  if (!(error instanceof SopsError)) throw error;
  return { state: 'faulty', what, detail: error.message, advice: error.hint };
}

/** Whether variables that only work together are all set, none, or some. */
export function variablesFinding(names: readonly string[], { env }: Host, detail?: string): KeyFinding {
  const what = names.join(', ');
  const missing = names.filter((name) => !env[name]);
  if (missing.length === 0) return found(what, { detail: detail ?? 'set' });
  if (missing.length === names.length) return absent(what);
  return { state: 'faulty', what, detail: `${missing.join(' and ')} is not set, though the rest is` };
}

/** A file that a variable names: absent when it is not set, faulty when it cannot be read. `look` judges its content. */
export async function fileFinding(
  variable: string,
  host: Host,
  look: (content: Buffer) => Rest = () => ({}),
): Promise<KeyFinding> {
  const path = host.env[variable];
  if (!path) return absent(variable);
  try {
    return found(`${variable} (${shownPath(path)})`, look(await readNamedFile(resolve(host.cwd, path), host)));
  } catch (cause) {
    const error = cause instanceof SopsError ? cause : new SopsError('key', `cannot be read: ${systemReason(cause)}`);
    return faulty(`${variable} (${shownPath(path)})`, error);
  }
}

/** The version of a package that a type needs. */
export async function packageFinding(name: string): Promise<KeyFinding> {
  const { VERSIONS } = await import('../packages/versions.js');
  return also(`package ${name}`, { detail: VERSIONS[name] ?? 'as it is installed' });
}
