/** Which of the files that were found are of a kind, by their content alone. */
import { SopsError } from '../../errors.js';
import { unreadableFile } from '../../operations/read/encrypted-files.js';
import type { Session } from '../../util/host/host.js';
import { FileSight } from '../encrypted.js';
import type { FoundFile } from '../operands.js';
import type { ImportSource } from './source.js';

export interface Recognition {
  /** As in `ImportKind`. */
  readonly described: string;
  /** Whether content is of the kind. */
  recognises(bytes: Buffer, file: FoundFile): boolean;
}

/** The sources, as `ImportKind.find` has it. */
export async function* sourcesByContent(
  files: readonly FoundFile[],
  { described, recognises }: Recognition,
  { cwd }: Session,
): AsyncGenerator<ImportSource> {
  const sight = new FileSight(files, cwd);
  for (const found of files) {
    const { file, content } = sight.at(found) ?? { file: found };
    if (content?.kind === 'file' && recognises(content.bytes, file)) {
      yield { file, bytes: content.bytes };
    } else if (content?.kind === 'unreadable') {
      // It may be of the kind: in a folder it is told as well.
      yield { file, bytes: Buffer.alloc(0), problem: unreadableFile(file.path, content.cause) };
    } else if (found.isNamed) {
      yield { file, bytes: Buffer.alloc(0), problem: notOfKind(file, described) };
    }
  }
}

function notOfKind({ path }: FoundFile, described: string): SopsError {
  return new SopsError('document-invalid', `this is not ${described}`, { file: path });
}
