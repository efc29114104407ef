/** Reads JSON text into a tree that knows where each part stands (RFC 8259, docs/format.md#json). */
import { type Branch, branch, type Item, item, list, type Value } from '../../tree/tree.js';
import { JsonContainer, type JsonEntry, JsonLeaf } from './places.js';
import { JsonScanner, QUOTE } from './scan.js';

/** What was read: the root, its metadata included, and the places of all that is in it. */
export interface JsonText {
  readonly root: Branch;
  readonly place: JsonContainer;
}

/** The deepest nesting that SOPS can print (the limit of Go's encoder). */
export const JSON_MAX_DEPTH = 10_000;

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_BRANCH = 0x7b;
const CLOSE_BRANCH = 0x7d;

/**
 * Reads the object a text begins with; what follows its closing brace is not looked at. Throws `document-invalid`.
 * @param ascii the bytes of a text that is ASCII, when the caller has them.
 */
export function readJson(text: string, ascii?: Uint8Array): JsonText {
  return new JsonReader(text, ascii).read();
}

/** Reads all objects of a text, one after the other. Throws `document-invalid` for anything else, and when there is none. */
export function readJsonStream(text: string): JsonText[] {
  const reader = new JsonReader(text);
  const found: JsonText[] = [];
  do found.push(reader.read());
  while (reader.skipBlank() !== undefined);
  return found;
}

/** What is to come next in a container: its first entry, another one, what stands after a key, or after an entry. Or its end. */
const Next = { First: 0, Entry: 1, Colon: 2, Value: 3, Comma: 4 } as const;

/** A container being read; its entries are the last ones that wait. */
interface Frame {
  readonly isBranch: boolean;
  readonly start: number;
  /** How many waited when it began. */
  readonly first: number;
  /** The key that it is the value of, if any, and where that entry begins. */
  readonly key: string | undefined;
  readonly entryStart: number;
}

/** One pass over a text, with a stack of its own: nesting must not end in a stack overflow. */
class JsonReader extends JsonScanner {
  private readonly stack: Frame[] = [];
  /** The entries of open containers. */
  private readonly waiting: JsonEntry[] = [];

  read(): JsonText {
    this.openRoot();
    this.readEntries();
    const place = this.waiting.pop();
    if (place?.kind !== 'container' || place.tree.kind !== 'branch') throw new TypeError('the root is not an object');
    return { root: place.tree, place };
  }

  private openRoot(): void {
    if (this.text.startsWith('\ufeff')) throw this.error('a byte order mark is not allowed in JSON');
    const first = this.skipBlank();
    if (first === undefined) throw this.error('the file is empty');
    if (first !== OPEN_BRANCH) throw this.error('the top level of a JSON file must be an object');
    this.open(true, this.at, undefined);
  }

  /**
   * Reads all that the root holds, a token at a time, in one loop: V8 compiles a method anew into each one that calls it, and the
   * methods of a usual parser, one for each rule of the grammar, took longer to compile than a large file takes to read.
   */
  private readEntries(): void {
    let next: number = Next.First;
    let key: string | undefined;
    let entryStart = 0;
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      const { isBranch } = frame;
      const unit = this.skipBlank();
      const { at } = this;
      if ((next === Next.First || next === Next.Comma) && unit === (isBranch ? CLOSE_BRANCH : CLOSE_LIST)) {
        this.close(frame);
        next = Next.Comma;
      } else if (next === Next.Comma) {
        if (unit !== COMMA) throw this.error(`expected "," or "${isBranch ? '}' : ']'}"`);
        this.at = at + 1;
        next = Next.Entry;
      } else if (next === Next.Colon) {
        if (unit !== COLON) throw this.error('expected ":"');
        this.at = at + 1;
        next = Next.Value;
      } else if (isBranch && next !== Next.Value) {
        if (unit !== QUOTE) throw this.error('expected a key in double quotes');
        key = this.readString();
        entryStart = at;
        next = Next.Colon;
      } else {
        if (!isBranch) {
          key = undefined;
          entryStart = at;
        }
        if (unit === OPEN_BRANCH || unit === OPEN_LIST) {
          this.open(unit === OPEN_BRANCH, entryStart, key);
          next = Next.First;
        } else {
          const value = unit === QUOTE ? this.readString() : this.readBare();
          const leaf = new JsonLeaf(value, at, this.at, entryStart, value);
          if (key !== undefined) leaf.item = item(key, leaf);
          this.waiting.push(leaf);
          next = Next.Comma;
        }
      }
    }
  }

  private open(isBranch: boolean, entryStart: number, key: string | undefined): void {
    this.stack.push({ isBranch, start: this.at, first: this.waiting.length, key, entryStart });
    if (this.stack.length > JSON_MAX_DEPTH) throw this.error(`more than ${JSON_MAX_DEPTH} levels of nesting`);
    this.at += 1;
  }

  private close({ isBranch, start, first, key, entryStart }: Frame): void {
    this.at += 1;
    this.stack.pop();
    const entries = this.waiting.splice(first);
    // A copy that is written over is as large as it must be, as one that grows is not.
    const nodes: unknown[] = [...entries];
    for (let index = 0; index < entries.length; index++) nodes[index] = entries[index]?.node;
    const tree = isBranch ? branch(nodes as Item[]) : list(nodes as Value[]);
    const container = new JsonContainer(tree, entries, start, this.at, entryStart);
    if (key !== undefined) container.item = item(key, tree);
    this.waiting.push(container);
  }
}
