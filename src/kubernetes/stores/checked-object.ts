/** The last step of an object that is emitted: fields set by their paths, references completed, all held to the definitions. */
import { type Branch, type Item, item, itemOf, leaf, type Value } from '../../tree/tree.js';
import type { References } from './references.js';
import { usage } from './settings.js';
import { type Assignment, assign } from './shapes/assignment.js';
import { ACCOUNT, AUTHORITY, SECRET_KEY } from './shapes/common-shapes.js';
import { isWords, problemsOf, type Shape } from './shapes/shape.js';

export interface Finish {
  readonly shape: Shape;
  readonly sets: readonly Assignment[];
  /** Of a store: whether what it refers to has a namespace of its own. Absent where that is left to the object. */
  readonly references?: References;
}

/** Changes the value in its place. Throws `usage` for what the operator's definitions refuse. */
export function finish(value: Branch, { shape, sets, references }: Finish): Branch {
  for (const one of sets) assign(value, one, shape);
  if (references) complete(value, shape, references);
  const [first, ...others] = problemsOf(value, shape);
  if (first === undefined) return value;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw usage(
    `the operator would refuse it: ${first}${more}`,
    'Fields are set by --set PATH=VALUE, and by the flags of their own.',
  );
}

/** In a store of the cluster each reference says its namespace; in any other it must not. */
function complete(value: Value, shape: Shape, references: References): void {
  if (typeof shape === 'string' || isWords(shape)) return;
  if (shape.kind !== 'group') {
    const inner =
      value.kind === 'leaf'
        ? []
        : value.items.flatMap((one) => (one.kind === 'comment' ? [] : [one.kind === 'item' ? one.value : one]));
    for (const one of inner) complete(one, shape.of, references);
    return;
  }
  if (value.kind !== 'branch') return;
  for (const entry of value.items) {
    const inner = entry.kind === 'item' ? shape.fields.get(entry.key)?.shape : undefined;
    if (entry.kind !== 'item' || inner === undefined) continue;
    if (inner === SECRET_KEY || inner === ACCOUNT || inner === AUTHORITY) completeOne(entry, references);
    else complete(entry.value, inner, references);
  }
}

function completeOne({ key, value }: Item, references: References): void {
  if (value.kind !== 'branch') return;
  const given = itemOf(value, 'namespace');
  const wanted = references.namespace();
  if (wanted === undefined && given) {
    throw usage(`${key} names a namespace, and a SecretStore takes its own alone`, 'See --cluster-store.');
  }
  if (wanted !== undefined && !given) value.items.push(item('namespace', leaf(wanted)));
}
