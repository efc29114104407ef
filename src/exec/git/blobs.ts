/** Contents of a repository's objects: read many at once by one git, as `cat-file --batch` prints them. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { encodeText } from '../../util/text/text.js';
import { type GitCall, git, tryGit } from './run-git.js';

/** So much is asked for at a time: what is answered is held in memory. */
const MOST_BYTES = 64 << 20;

/** An object's id and size, as git tells before it is read. */
interface Announced {
  readonly name: string;
  readonly size: number;
}

/**
 * The contents of blobs by their ids (or any name without line break, such as `:path`), in parts of bounded size; what is not there,
 * or no blob, is given as null. Throws `failed` when git does.
 */
export async function* readBlobs(
  names: readonly string[],
  host: Host,
  call: GitCall = {},
): AsyncGenerator<readonly [name: string, content: Buffer | null]> {
  for (const part of inParts(await sizesOf(names, host, call))) {
    const input = encodeText(part.map(({ name }) => `${name}\n`).join(''));
    const answer = await git(['cat-file', '--batch', '--buffer'], host, { ...call, input });
    yield* contentsIn(answer, part);
  }
}

/** The content of one object (`REV:path`, `:path`, `:2:path`, an id); null where there is none. */
export async function readBlob(name: string, host: Host, call: GitCall = {}): Promise<Buffer | null> {
  const outcome = await tryGit(['cat-file', 'blob', name], host, call);
  return outcome?.status === 0 ? outcome.stdout : null;
}

async function sizesOf(names: readonly string[], host: Host, call: GitCall): Promise<Announced[]> {
  const input = encodeText(names.map((name) => `${name}\n`).join(''));
  const args = ['cat-file', '--batch-check=%(objecttype) %(objectsize)', '--buffer'];
  const lines = (await git(args, host, { ...call, input })).toString('latin1').split('\n');
  return names.map((name, at) => {
    const size = /^blob (\d+)$/.exec(lines[at] ?? '')?.[1];
    return { name, size: size === undefined ? 0 : Number(size) };
  });
}

function* inParts(all: readonly Announced[]): Generator<Announced[]> {
  let part: Announced[] = [];
  let bytes = 0;
  for (const one of all) {
    if (part.length > 0 && bytes + one.size > MOST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += one.size;
  }
  if (part.length > 0) yield part;
}

function* contentsIn(answer: Buffer, part: readonly Announced[]): Generator<readonly [string, Buffer | null]> {
  let at = 0;
  for (const { name } of part) {
    const end = answer.indexOf('\n', at);
    if (end < 0) throw new SopsError('failed', 'git cat-file: the answer ends too early');
    const header = answer.toString('latin1', at, end);
    at = end + 1;
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header) ?? [];
    if (size === undefined) {
      yield [name, null];
      continue;
    }
    const content = answer.subarray(at, at + Number(size));
    at += Number(size) + 1;
    yield [name, type === 'blob' ? content : null];
  }
}
