/** New age keys. */
import { generateAgeKey as generate } from '../operations/recipients/generate-age-key.js';
import { checkedOptions, KINDS } from './options.js';

/** A new age key: the identity, which is secret, and its recipient. `postQuantum` makes one that quantum computers do not open. */
export async function generateAgeKey(o?: { postQuantum?: boolean }): Promise<{ identity: string; recipient: string }> {
  const { postQuantum = false } = checkedOptions('generateAgeKey', o, { postQuantum: KINDS.YES_NO });
  return generate({ postQuantum });
}
