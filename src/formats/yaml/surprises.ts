/** Plain YAML scalars that readers of YAML 1.1 and 1.2 take for different things. */
import type { Branch, Leaf } from '../../tree/tree.js';
import { leafSurprises } from '../leaf-surprises.js';
import type { Surprise } from '../store.js';

/** The words of YAML 1.1 that go-yaml v3, and so SOPS, takes for strings. */
const YES_NO = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;
/** Octal to go-yaml and in YAML 1.1, decimal in YAML 1.2. */
const LEADING_ZERO = /^[-+]?0[0-7]+$/;
const BASE_60 = /^[-+]?[0-9]+(?::[0-5]?[0-9])+$/;

/** `textOf` gives the text of a leaf as it is written, undefined for one that is not plain. */
export function yamlSurprises(documents: readonly Branch[], textOf: (leaf: Leaf) => string | undefined): Surprise[] {
  return leafSurprises(documents, (leaf) => {
    const text = textOf(leaf);
    return text === undefined ? undefined : readingOf(text);
  });
}

function readingOf(text: string): string | undefined {
  if (YES_NO.test(text)) return 'a string here, true or false for YAML 1.1';
  if (LEADING_ZERO.test(text)) return 'an octal number here, a decimal one for YAML 1.2';
  return BASE_60.test(text) ? 'a string here, a number to base 60 for YAML 1.1' : undefined;
}
