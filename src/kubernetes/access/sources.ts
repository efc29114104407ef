/** The files of which `emit vault-policy` and `emit rbac` take the names: manifests, and anything with references. */

import { SopsError } from '../../errors.js';
import { readInput } from '../../operations/read/input.js';
import type { Input } from '../../operations/requests.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch } from '../../tree/tree.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { decodeText } from '../../util/text/text.js';
import type { Manifest } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { isSecret } from '../manifest/secret.js';
import { usage } from '../stores/settings.js';

/** What a reference says (docs/references.md#grammar). */
export interface NamedReference {
  readonly scheme: string;
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly keys: readonly string[];
  /** Without parameters, for messages. */
  readonly shown: string;
  /** False when the path is told only by resolving it. */
  readonly isKnown: boolean;
}

/** Finds references; the caller's, since this room knows nothing of their grammar. Both throw `reference-malformed`. */
export interface ReferenceFinder {
  inDocuments(documents: readonly Branch[]): readonly NamedReference[];
  inText(text: string): readonly NamedReference[];
}

export interface NamesRequest {
  readonly inputs: readonly Input[];
  readonly references: ReferenceFinder;
}

export interface AccessSources {
  readonly manifests: readonly Manifest[];
  readonly references: readonly (NamedReference & { readonly file: string | undefined })[];
}

const MOST_FILES_SHOWN = 5;
/** How an encrypted value begins (docs/format.md#values). */
export const CIPHERTEXT_START = 'ENC[AES256_GCM,';

/**
 * Reads all files. One that ends in `.yaml`, `.yml` or `.json`, and standard input, must be YAML or JSON; of another that is neither, only
 * the references are taken. Warns of encrypted values, in which references may stand unseen. Throws SopsError.
 */
export async function readSources({ inputs, references }: NamesRequest, host: Session): Promise<AccessSources> {
  const manifests: Manifest[] = [];
  const found: (NamedReference & { file: string | undefined })[] = [];
  for (const input of inputs) {
    const file = input.kind === 'file' ? input.path : undefined;
    const bytes = await readInput(input, host);
    const read = documentsOf(bytes, file);
    const roots = read?.map(({ root }) => root);
    const named = roots ? references.inDocuments(roots) : references.inText(decodeText(bytes));
    if (read?.some(hidesReferences)) {
      const where = file === undefined ? 'standard input' : file;
      host.warn(
        `${where} has encrypted values, and references in them are not seen: if there are any, decrypt it and give the result as -`,
      );
    }
    append(manifests, read ?? []);
    for (const one of named) found.push({ ...one, file });
  }
  return { manifests, references: found };
}

/** The path of a reference. Throws `reference-malformed` for one that only resolving tells. */
export function knownPath({ path, shown, isKnown }: NamedReference, file: string | undefined): string {
  if (isKnown) return path;
  throw new SopsError(
    'reference-malformed',
    `the path of ${shown} holds another reference, so that nobody can tell it`,
    {
      hint: 'Write the path out, or put in the values first: sops-ts refs eval FILE.',
      ...(file === undefined ? {} : { file }),
    },
  );
}

/** The error for files of which none names what is asked for. */
export function nothingNamed(what: string, inputs: NamesRequest['inputs'], hint: string): SopsError {
  const files = inputs.map((input) => (input.kind === 'file' ? input.path : 'standard input'));
  const more = files.length - MOST_FILES_SHOWN;
  const shown = [...files.slice(0, MOST_FILES_SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return usage(`no ${what} is named in ${shown}`, hint);
}

function documentsOf(bytes: Uint8Array, file: string | undefined): Manifest[] | undefined {
  try {
    return readManifests(bytes, { file });
  } catch (error) {
    if (file === undefined || /\.(?:ya?ml|json)$/i.test(file)) throw error;
    return undefined;
  }
}

/** Whether ciphertext stands where a reference may. An encrypted Secret is the usual case: it holds its values itself. */
function hidesReferences({ root, sops }: Manifest): boolean {
  if (!sops || isSecret(root)) return false;
  for (const { node } of leaves([root])) {
    if (typeof node.value === 'string' && node.value.startsWith(CIPHERTEXT_START)) return true;
  }
  return false;
}
