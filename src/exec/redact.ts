/** Masks secrets in a stream of bytes, wherever the chunks of the stream are cut. */
import { maskedForms } from './masked-forms.js';

const MASK = Buffer.from('***');
const NONE = -1;

/**
 * The forms to mask as an automaton (Aho and Corasick 1975): one pass over the bytes finds every form, however many
 * there are. Nodes are numbers; a node's children are a linked list, but for the root's, which stand in a table.
 */
export class Masks {
  readonly #root = new Int32Array(256);
  #firstChild: Int32Array;
  #nextSibling: Int32Array;
  #byte: Uint8Array;
  /** Node of the longest other form's beginning that the bytes up to here end with. */
  #fallback: Int32Array;
  /** Bytes from the root. */
  #depth: Int32Array;
  /** Length of the longest form that ends here, 0 for none. */
  #found: Int32Array;
  #count = 1;

  /** `values` are the secrets; what is masked for each of them says masked-forms.ts. */
  constructor(values: Iterable<string>) {
    const forms = [...maskedForms(values)];
    const size = forms.reduce((sum, form) => sum + form.length, 1);
    this.#firstChild = new Int32Array(size);
    this.#nextSibling = new Int32Array(size);
    this.#byte = new Uint8Array(size);
    this.#fallback = new Int32Array(size);
    this.#depth = new Int32Array(size);
    this.#found = new Int32Array(size);
    for (const form of forms) this.#add(form);
    this.#link();
  }

  /** The node after one more byte. */
  next(node: number, byte: number): number {
    for (let at = node; ; at = this.#fallback[at] ?? 0) {
      const child = this.#child(at, byte);
      if (child !== 0 || at === 0) return child;
    }
  }

  /** How many of the last bytes may belong to a form that goes on. */
  open(node: number): number {
    let at = node;
    while (at !== 0 && this.#firstChild[at] === 0) at = this.#fallback[at] ?? 0;
    return this.#depth[at] ?? 0;
  }

  /** How many of the last bytes are a whole form. */
  found(node: number): number {
    return this.#found[node] ?? 0;
  }

  #child(node: number, byte: number): number {
    if (node === 0) return this.#root[byte] ?? 0;
    let child = this.#firstChild[node] ?? 0;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#nextSibling[child] ?? 0;
    return child;
  }

  #add(form: Uint8Array): void {
    let node = 0;
    for (const byte of form) node = this.#child(node, byte) || this.#newChild(node, byte);
    this.#found[node] = form.length;
  }

  #newChild(node: number, byte: number): number {
    const child = this.#count++;
    this.#byte[child] = byte;
    this.#depth[child] = (this.#depth[node] ?? 0) + 1;
    if (node === 0) this.#root[byte] = child;
    else this.#nextSibling[child] = this.#firstChild[node] ?? 0;
    // The root's list serves the walk in #link alone.
    if (node === 0) this.#nextSibling[child] = this.#firstChild[0] ?? 0;
    this.#firstChild[node] = child;
    return child;
  }

  /** Sets the fallbacks, level by level, so that those of shorter texts are there already. */
  #link(): void {
    const queue = new Int32Array(this.#count);
    let end = 1;
    for (let at = 0; at < end; at++) {
      const node = queue[at] ?? 0;
      for (let child = this.#firstChild[node] ?? 0; child !== 0; child = this.#nextSibling[child] ?? 0) {
        const fallback = node === 0 ? 0 : this.next(this.#fallback[node] ?? 0, this.#byte[child] ?? 0);
        this.#fallback[child] = fallback;
        this.#found[child] = Math.max(this.found(child), this.found(fallback));
        queue[end++] = child;
      }
    }
  }
}

/** The masking of one stream. Bytes that may begin a secret are held until it is known. */
export class Redactor {
  readonly #masks: Masks;
  #node = 0;
  /** Position in the stream of the next byte to come in, and to go out. */
  #position = 0;
  #done = 0;
  /** Bytes from `#done` on that have come in; in parts, so that a long beginning that comes in bits is not copied each time. */
  #held: Uint8Array[] = [];
  /** Stretches to be masked, [start, end) in the stream, in order, apart from each other. */
  #stretches: [start: number, end: number][] = [];
  /** End of the stretch whose mask has gone out last. */
  #maskedTo = NONE;

  constructor(masks: Masks) {
    this.#masks = masks;
  }

  /** Takes a part of the stream and returns what can go out, masked. */
  push(chunk: Uint8Array): Buffer {
    for (const byte of chunk) {
      this.#node = this.#masks.next(this.#node, byte);
      this.#position += 1;
      const length = this.#masks.found(this.#node);
      if (length > 0) this.#note(this.#position - length, this.#position);
    }
    this.#held.push(Buffer.from(chunk));
    return this.#release(this.#position - this.#masks.open(this.#node));
  }

  /** The stream has ended: returns the rest. */
  end(): Buffer {
    return this.#release(this.#position);
  }

  /** Forms that overlap are masked as one. */
  #note(start: number, end: number): void {
    let from = start;
    for (let last = this.#stretches.at(-1); last && last[1] > from; last = this.#stretches.at(-1)) {
      from = Math.min(from, last[0]);
      this.#stretches.pop();
    }
    this.#stretches.push([from, end]);
  }

  #release(limit: number): Buffer {
    const parts: Buffer[] = [];
    const start = this.#done;
    if (limit === start) return Buffer.alloc(0);
    const held = Buffer.concat(this.#held);
    const plain = (end: number): void => {
      if (end > this.#done) parts.push(held.subarray(this.#done - start, end - start));
      this.#done = Math.max(this.#done, end);
    };
    let used = 0;
    for (const stretch of this.#stretches) {
      const [from, to] = stretch;
      if (from >= limit) break;
      plain(from);
      if (from >= this.#maskedTo) parts.push(MASK);
      this.#maskedTo = to;
      this.#done = Math.min(to, limit);
      if (to > limit) {
        // Its end may still move; the mask is out, so the rest of it only has to be left out.
        stretch[0] = limit;
        break;
      }
      used += 1;
    }
    this.#stretches.splice(0, used);
    plain(limit);
    this.#held = [Buffer.from(held.subarray(this.#done - start))];
    return Buffer.concat(parts);
  }
}
