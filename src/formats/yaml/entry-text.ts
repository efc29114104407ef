/** New entries as they stand in brackets, beside those that the author wrote there: strings plain where they can be. */
import type { Item, Value } from '../../tree/tree.js';
import type { EmitOptions } from '../store.js';
import { withoutComments } from './copy.js';
import { emitFlow } from './emit-flow.js';
import { styleOfKey } from './merge-key.js';
import { layScalar } from './scalar-text.js';

const IN_FLOW = { inFlow: true, contentIndent: 0, parentIndent: 0 };

/** Some entries, with commas between them. */
export function flowTexts(entries: readonly (Item | Value)[], options: EmitOptions): string {
  return entries.map((entry) => flowText(entry, options)).join(', ');
}

function flowText(entry: Item | Value, options: EmitOptions): string {
  if (entry.kind !== 'item') return flowValue(entry, options);
  const key = layScalar(entry.key, { ...IN_FLOW, style: styleOfKey(entry.key, entry.value) }).head;
  return `${key}: ${flowValue(entry.value, options)}`;
}

function flowValue(value: Value, options: EmitOptions): string {
  if (value.kind !== 'leaf') return emitFlow(withoutComments(value), undefined, options);
  return layScalar(value.value, { ...IN_FLOW, writing: options }).head;
}
