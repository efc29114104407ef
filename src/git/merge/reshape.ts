/** Giving a tree that was read the shape of another one, so that its store splices the difference into its text. */

import { sameValue } from '../../tree/equality.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, type Comment, comment, type Item, item, type List, leaf, type Value } from '../../tree/tree.js';
import { addUnder, append } from '../../util/lists.js';
import { Fingerprints } from './fingerprints.js';
import { alignedItems } from './list-alignment.js';

/** Makes documents hold what others hold; entries that both have stay the ones that were read. The counts must be equal. */
export function reshape(documents: readonly Branch[], wanted: readonly Branch[]): void {
  const prints = new Fingerprints();
  const pending: [Branch | List, Branch | List][] = [];
  for (const [at, document] of documents.entries()) {
    const target = wanted[at];
    if (target) pending.push([document, target]);
  }
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [host, target] = pair;
    const items =
      host.kind === 'branch'
        ? branchItems(host, target as Branch, pending)
        : listItems(host, target as List, { pending, prints });
    host.items.length = 0;
    append(host.items as (Item | Value | Comment)[], items);
  }
}

type Pending = [Branch | List, Branch | List][];

function branchItems(host: Branch, target: Branch, pending: Pending): (Item | Comment)[] {
  const known = new Map<string, Item[]>();
  const comments = new CommentPool(host.items);
  for (const entry of host.items) {
    if (entry.kind !== 'item') continue;
    addUnder(known, entry.key, entry);
  }
  return target.items.map((entry) => {
    if (entry.kind === 'comment') return comments.take(entry);
    const found = known.get(entry.key)?.shift();
    if (!found) return item(entry.key, copied(entry.value));
    found.value = fitted(found.value, entry.value, pending);
    return found;
  });
}

function listItems(
  host: List,
  target: List,
  { pending, prints }: { pending: Pending; prints: Fingerprints },
): (Value | Comment)[] {
  const comments = new CommentPool(host.items);
  const own = host.items.filter((entry) => entry.kind !== 'comment');
  const wanted = target.items.filter((entry) => entry.kind !== 'comment');
  const matches = alignedItems(wanted, own, prints);
  let at = 0;
  return target.items.map((entry) => {
    if (entry.kind === 'comment') return comments.take(entry);
    const match = matches[at++] ?? -1;
    const found = own[match];
    return found ? fitted(found, entry, pending) : copied(entry);
  });
}

/** The value that was read, if it can become the wanted one, else a copy of that. */
function fitted(host: Value, wanted: Value, pending: Pending): Value {
  if (host.kind === 'leaf' && wanted.kind === 'leaf') {
    host.value = wanted.value;
    return host;
  }
  if (host.kind !== wanted.kind || host.kind === 'leaf' || wanted.kind === 'leaf') return copied(wanted);
  if (!sameValue(host, wanted)) pending.push([host, wanted]);
  return host;
}

/** The comments that were read, each for one that is wanted. */
class CommentPool {
  private readonly left = new Map<string, Comment[]>();

  constructor(items: readonly (Item | Value | Comment)[]) {
    for (const entry of items.toReversed()) {
      if (entry.kind !== 'comment') continue;
      addUnder(this.left, entry.text, entry);
    }
  }

  take({ text, inline }: Comment): Comment {
    return this.left.get(text)?.pop() ?? comment(text, inline);
  }
}

function copied(value: Value): Value {
  return rebuilt(value, { leaf: (of) => leaf(of.value), comment: ({ text, inline }) => comment(text, inline) });
}
