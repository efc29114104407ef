/** The map that a text holds, read as YAML or JSON: what a fragment leads into. */
import { SopsError } from '../errors.js';
import { readDocuments } from '../formats/yaml/documents.js';
import { type Branch, branch } from '../tree/tree.js';

const AS_DATA = { entry: () => undefined, anchor: () => undefined, asData: true };

/** Throws `reference-not-found` for a text that is not a map: no key leads into it. No message quotes it. `called` is the secret, for messages. */
export function yamlValues(text: string, called: string): Branch {
  try {
    const [first] = text.trim() === '' ? [] : readDocuments(text, AS_DATA);
    if (first?.list) throw noMap(called);
    return first ? first.root : branch();
  } catch (error) {
    throw error instanceof SopsError ? noMap(called, error) : error;
  }
}

function noMap(called: string, cause?: unknown): SopsError {
  return new SopsError('reference-not-found', `${called} holds no map, so that #/KEY leads nowhere`, {
    hint: 'Leave out the fragment to take the whole of it as text.',
    cause,
  });
}
