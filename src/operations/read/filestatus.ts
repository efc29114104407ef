/** `filestatus`: whether a file is encrypted, told without any key. */
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { FieldReader } from '../../metadata/field-reader.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import type { Input } from '../requests.js';
import { readAsChosen, readInput } from './input.js';

export interface FileStatusRequest {
  readonly input: Input;
  readonly inputType?: FormatName | undefined;
}

/**
 * Whether a file holds SOPS metadata with a version and a MAC (docs/command-line.md#filestatus). Throws `failed` for
 * everything that keeps the question open: the file cannot be read, is not of its format, or its metadata is broken.
 */
export async function fileStatus(request: FileStatusRequest, host: Host): Promise<{ encrypted: boolean }> {
  try {
    const bytes = await readInput(request.input, host);
    const { metadata } = (await readAsChosen(bytes, request, host)).file;
    return { encrypted: metadata !== null && isComplete(metadata) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const message = `cannot check file status: cannot load encrypted file: ${error.message}`;
    const { input } = request;
    throw new SopsError('failed', message, {
      ...(input.kind === 'file' ? { file: input.path } : {}),
      ...(error.hint ? { hint: error.hint } : {}),
      cause: error,
    });
  }
}

/** An empty version or MAC counts as absent; everything else about the metadata must be in order. */
function isComplete(metadata: Branch): boolean {
  const fields = new FieldReader(metadata);
  const hasVersion = fields.text('version') !== '';
  const rest = metadata.items.filter((entry) => entry.kind === 'item' && entry.key.toLowerCase() !== 'version');
  metadataFromBranch(hasVersion || rest.length === 0 ? metadata : branch([...rest, item('version', leaf('0.0.0'))]));
  return hasVersion && fields.text('mac') !== '';
}
