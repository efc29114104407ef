/** A file that another tool had encrypted as a whole: its content, as the target's format reads it. */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import { leaves } from '../../tree/leaves.js';
import type { OpenedImport } from './source.js';

export type WholeContent = Pick<OpenedImport, 'plaintext' | 'count' | 'secrets'> & { readonly warnings: string[] };

/** The content, all of which was secret. Throws `document-invalid` for what is not of the target's format. */
export async function wholeContent(plaintext: Uint8Array, store: FormatStore): Promise<WholeContent> {
  const { whole } = formatNamed(store.name);
  const count = whole ? 1 : [...leaves(parsed(plaintext, store).documents)].length;
  const warnings = whole && (await holdsKeys(plaintext)) ? [ONE_TEXT] : [];
  return { plaintext, count, secrets: 'all', warnings };
}

const ONE_TEXT =
  'the content looks like YAML, and the name of the target tells no format: it is encrypted as one text (--output FILE.yaml for value by value)';

function parsed(plaintext: Uint8Array, store: FormatStore): SourceFile {
  try {
    return store.parse(plaintext);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const message = `the content cannot be encrypted as ${store.name}: ${error.message}`;
    throw new SopsError('document-invalid', message, {
      hint: 'Under a name whose ending tells no format it is encrypted as one text: --output NAME.txt.enc',
      cause: error,
    });
  }
}

/** Whether a text is a map of YAML with something in it. */
async function holdsKeys(plaintext: Uint8Array): Promise<boolean> {
  const store = await formatNamed('yaml').load();
  try {
    return store.parse(plaintext).documents.some(({ items }) => items.some(({ kind }) => kind === 'item'));
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
