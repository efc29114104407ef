/** The real sops beside ours: both run on the files of a desk, and what they say is compared. */
import { execFile } from 'node:child_process';
import type { FormatName } from '../../src/formats/registry.js';
import { formatNamed } from '../../src/formats/registry.js';
import { leavesOf } from '../../src/operations/read/leaves.js';
import { isTimestamp, type LeafValue, type Value } from '../../src/tree/tree.js';
import type { Desk } from './desk.js';
import { findTool, SOPS } from './programs.js';
import type { Ran } from './run.js';

/** A release that reads what the main one cannot (3.13.2 fails on comments in lists it wrote itself), from `SOPS_BIN_OLDER`. */
export const SOPS_OLDER = process.env.SOPS_BIN_OLDER
  ? findTool('sops', 'SOPS_BIN_OLDER', ['--version', '--disable-version-check'])
  : undefined;

export interface SopsOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | string;
  /** Another sops than the main one. */
  readonly file?: string | undefined;
}

/** Runs the real sops in the folder of a desk, with its keys. */
export function sopsOn(desk: Desk, words: readonly string[], options: SopsOptions = {}): Promise<Ran> {
  return sopsIn(desk.folder, words, { ...options, env: { ...desk.env, ...options.env } });
}

/** Runs the real sops in a folder, with no other variables than these. */
export function sopsIn(cwd: string, words: readonly string[], options: SopsOptions = {}): Promise<Ran> {
  const { stdin = '', file = SOPS ?? 'sops' } = options;
  const env = { SOPS_DISABLE_VERSION_CHECK: '1', ...options.env };
  const settings = { cwd, env, encoding: 'buffer', maxBuffer: 2 ** 28 } as const;
  return new Promise((done, fail) => {
    const child = execFile(file, [...words], settings, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      if (status === null) fail(error ?? new Error('sops was ended by a signal'));
      else done({ status, stdout, stderr: stderr.toString('utf8') });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}

/** What a text says: its leaves with their keys and types, and its comments without regard to their places. */
export async function meaningOf(text: Buffer, format: FormatName): Promise<{ leaves: unknown[]; comments: string[] }> {
  const { documents } = (await formatNamed(format).load()).parse(text);
  const comments: string[] = [];
  const pending: Value[] = [...documents];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.kind === 'leaf') continue;
    for (const entry of next.items) {
      if (entry.kind === 'comment') comments.push(entry.text.trim());
      else pending.push(entry.kind === 'item' ? entry.value : entry);
    }
  }
  const leaves = leavesOf(documents).map(([path, value]) => [path, typeof value, shown(value)]);
  return { leaves, comments: comments.filter((each) => each !== '').sort() };
}

function shown(value: LeafValue): string {
  return isTimestamp(value) ? `${value.nanoseconds} ${value.offset}` : String(value);
}
