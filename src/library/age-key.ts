/** New age keys. */
import { generateAgeKey as generate } from '../operations/recipients/generate-age-key.js';
import { inCall } from './call.js';
import { COMMON, checkedOptions, KINDS } from './options.js';
import type { Options } from './types.js';

/** A new age key: the identity, which is secret, and its recipient. `postQuantum` makes one that quantum computers do not open. */
export async function generateAgeKey(
  o?: Options & { postQuantum?: boolean },
): Promise<{ identity: string; recipient: string }> {
  const options = checkedOptions('generateAgeKey', o, { ...COMMON, postQuantum: KINDS.YES_NO });
  const { postQuantum = false } = options;
  return inCall(options, () => generate({ postQuantum }));
}
