/** What the operator's definitions say of each store that is emitted, by its field of `spec.provider`. */
import { STORES } from '../../src/kubernetes/stores/registry.js';
import type { Group } from '../../src/kubernetes/stores/shapes/shape.js';

const providers = await Promise.all(STORES.map((row) => row.load()));

export const PROVIDERS: Readonly<Record<string, Group>> = Object.fromEntries(
  providers.map(({ field, shape }) => [field, shape]),
);
