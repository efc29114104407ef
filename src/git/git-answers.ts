/** What git tells of a file: its versions in a conflict, who changed it, and how conflicts are to be marked. */
import { relative } from 'node:path';
import { readBlob } from '../exec/git/blobs.js';
import { configValue } from '../exec/git/changes.js';
import { tryGit } from '../exec/git/run-git.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import type { Side } from './merge/merge-contract.js';

/** What git prints; null when it is not there, or fails. */
async function askGit(args: readonly string[], host: Host): Promise<Buffer | null> {
  const outcome = await tryGit(args, host).catch(() => null);
  return outcome?.status === 0 ? outcome.stdout : null;
}

/** The versions of a file that git has in its index while it is in conflict. */
export interface Stages {
  /** Null when both sides added the file. */
  readonly base: Buffer | null;
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

/** The versions of a file in conflict; the side that took it out, where the other changed it; null for one that is in no conflict. */
export async function stagesOf(path: string, host: Host): Promise<Stages | 'ours' | 'theirs' | null> {
  const listed = await askGit(['ls-files', '-u', '-z', '--', `:(literal)${literal(path, host)}`], host);
  const objects = new Map<string, string>();
  for (const line of listed?.toString('utf8').split('\0') ?? []) {
    const [, object, stage] = /^\d+ ([0-9a-f]+) ([123])\t/.exec(line) ?? [];
    if (object !== undefined && stage !== undefined) objects.set(stage, object);
  }
  if (objects.has('1') && objects.has('2') !== objects.has('3')) return objects.has('2') ? 'theirs' : 'ours';
  const read = async (stage: string): Promise<Buffer | null> => {
    const object = objects.get(stage);
    return object === undefined ? null : readBlob(object, host).catch(() => null);
  };
  const [base, ours, theirs] = [await read('1'), await read('2'), await read('3')];
  return ours && theirs ? { base, ours, theirs } : null;
}

/** git takes paths as seen from the working directory. */
function literal(path: string, host: Host): string {
  return relative(host.cwd, resolve(host.cwd, path));
}

/** The names under which git may keep the commit being merged; the first that exists counts. */
const OTHERS = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'REBASE_HEAD'];

/** Who changed a file last on each side, and when; a side is absent when git does not tell. */
export async function authorsOf(path: string, host: Host): Promise<Partial<Record<Side, string>>> {
  const of = async (revision: string): Promise<string | undefined> => {
    const args = ['log', '-1', '--date=short', '--format=%an, %ad: %s', revision, '--', literal(path, host)];
    return (await askGit(args, host))?.toString('utf8').trim() || undefined;
  };
  const ours = await of('HEAD');
  for (const other of OTHERS) {
    const theirs = await of(other);
    if (theirs !== undefined) return { ...(ours !== undefined && { ours }), theirs };
  }
  return ours === undefined ? {} : { ours };
}

/** Whether the user wants to see the base between marks. */
export async function wantsBase(host: Host): Promise<boolean> {
  const style = await configValue('merge.conflictStyle', host).catch(() => undefined);
  return /diff3/.test(style ?? '');
}

/** Stages a file. */
export async function stageFile(path: string, host: Host): Promise<boolean> {
  return (await askGit(['add', '--', literal(path, host)], host)) !== null;
}
