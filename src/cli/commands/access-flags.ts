/** What the commands share that print who may read which secrets: the files, and the finder of references. */
import type { NamesRequest } from '../../kubernetes/access/sources.js';
import { referencesIn, referencesInText } from '../../references/found-references.js';
import { readStandardInput } from '../terminal/streams.js';
import type { Context } from './command.js';
import { inputOf } from './document-flags.js';

/** The files of the operands, and `-` or none for standard input. Manifests know no references: their finder is handed over. */
export function namesRequest({ operands, host, streams }: Context): NamesRequest {
  const files = operands.length === 0 ? ['-'] : operands;
  return {
    inputs: files.map((file) => inputOf(file, host.cwd, () => readStandardInput(streams, 'the manifests'))),
    references: { inDocuments: referencesIn, inText: referencesInText },
  };
}
