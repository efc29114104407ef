/** The map that a text holds, read as YAML or JSON: what a fragment leads into. */
import { SopsError } from '../errors.js';
import { readDocuments } from '../formats/yaml/documents.js';
import { type Branch, branch, item } from '../tree/tree.js';

/** Throws `reference-not-found` for a text that is no map: no key leads into it. No message quotes it. `called` is the secret, for messages. */
export function yamlValues(text: string, called: string): Branch {
  try {
    const [first] = text.trim() === '' ? [] : readDocuments(text);
    if (!first) return branch();
    // The reader sets apart what SOPS keeps for itself; here it is a key like any other.
    return first.metadata ? branch([...first.root.items, item('sops', first.metadata)]) : first.root;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('reference-not-found', `${called} holds no map, so that #/KEY leads nowhere`, {
      hint: 'Leave out the fragment to take the whole of it as text.',
      cause: error,
    });
  }
}
