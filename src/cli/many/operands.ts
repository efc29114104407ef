/** The files that operands stand for, for commands that take a list of files: only where there is a folder or a pattern among them. */
import type { SopsError } from '../../errors.js';
import { findFiles } from '../../repository/operands.js';
import { type TargetChoice, targetsAmong } from '../../repository/targets.js';
import type { Context } from '../commands/command.js';

export interface FilesMeant {
  /** In the order of their paths. */
  readonly paths: readonly string[];
  /** Words that stand for nothing, and files that cannot be judged. */
  readonly problems: readonly SopsError[];
}

/** What is warned of where nothing is found in folders: a mistyped one would look like one in which all is as wanted. */
export function nothingFound(operands: readonly string[], kind: TargetChoice['kind']): string {
  return `no ${kind === 'sealed' ? 'encrypted file' : 'file to look at'} in ${operands.join(' ')}`;
}

/** The files that were named, and of those in folders the ones of that kind. */
export async function filesMeant(
  { operands, host }: Context,
  kind: TargetChoice['kind'],
  configPath: string | undefined,
): Promise<FilesMeant> {
  const found = await findFiles(operands, host);
  const paths: string[] = [];
  const problems = [...found.problems];
  for (const path of found.passedOver) host.warn(`${path} is a repository of its own, and was not looked into`);
  for await (const { file, problem } of targetsAmong(found.files, { kind, configPath, top: host.cwd }, host)) {
    if (problem) problems.push(problem);
    else paths.push(file.path);
  }
  if (paths.length === 0 && problems.length === 0) host.warn(nothingFound(operands, kind));
  return { paths, problems };
}
