/** What the parts of the YAML reader hand to each other, and the limits they keep. */
import type { SopsError } from '../../errors.js';
import type { Item, Value } from '../../tree/tree.js';
import type { Steps } from '../../util/flat-recursion.js';
import type { CommentMark } from './cursor.js';
import type { ScalarToken } from './scalars.js';

/**
 * So many block collections may stand in one another, and so many flow collections in those, as go-yaml has it: a list in the column
 * of its key is not a level of its own. Beyond it all is refused, before aliases are followed and after.
 */
export const YAML_MAX_DEPTH = 10_000;
/** Values that aliases may stand for in one file. */
export const MAX_ALIAS_COPIES = 250_000;
/** UTF-16 units in the texts among them: few copies of a long text are a bomb as well. */
export const MAX_ALIAS_TEXT = 64 * 1024 * 1024;
/** A key must end within so many characters (YAML 1.1 section 9.3.2, as libyaml has it). */
export const MAX_KEY_LENGTH = 1024;

/** A node as read: its value, and how it stands in the text. */
export interface Node {
  readonly value: Value;
  readonly shape: 'scalar' | 'block-scalar' | 'alias' | 'flow' | 'block' | 'empty';
  /** A comment on the header line of a block scalar. */
  readonly comment?: CommentMark | undefined;
  /** The scalar as read, until its tag is known. */
  readonly token?: ScalarToken;
}

/** Learns while reading what the tree does not keep, for edits of single entries; reading for other ends goes without. */
export interface NodeWatcher {
  /** An item of a map, from its key to the end of its value, or an entry of a list, in a block from its dash. */
  entry(of: Item | Value, start: number, end: number, inFlow: boolean): void;
  /** The anchor in front of a value. */
  anchor(name: string, of: Value): void;
  /** A tag, resolved, and its offset. May throw to refuse it. */
  tag?(tag: string, at: number): void;
  /**
   * Reads what no file of SOPS can be: a document may be a list (`YamlDocument.list`), an entry `sops` is one like any other, and integers
   * may have 64 bits without a sign.
   */
  readonly asData?: boolean;
  /** Reads whatever YAML the document is, and leaves what no tree can hold to whoever looks at that part. */
  readonly loose?: LooseReading;
}

/** What is learnt of a document that need not be a tree of texts: go-yaml reads such ones into structures, of which unknown parts are never looked at. */
export interface LooseReading {
  /** The root, which may be a list or scalar. */
  root(value: Value): void;
  /** The key of an item, which may be of any kind. Its text is the item's `key`; that of a list or map is empty. */
  key(of: Item, key: Value): void;
  /** A value that cannot be used: its text does not fit its tag, or it is an alias of too much. */
  broken(of: Value, error: SopsError): void;
}

/** The entry `sops` of a root map: its value and the text it takes, from the start of its first line. */
export interface MetadataSpan {
  readonly value: Value;
  readonly start: number;
  readonly end: number;
  /** In braces: the commas that belong to it. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Where a root flow map takes a further entry: behind its last one, or behind `{`. */
export interface FlowPlace {
  readonly at: number;
  readonly comma: boolean;
}

/** The first key of a block map, which was read before it was known to be one; the cursor stands on its colon. */
export interface FirstKey {
  readonly key: Value;
  readonly start: number;
}

/** What reading comes to: a node, or the steps that a collection takes. They must be gone through before anything else is read. */
export type Reading = Node | Steps<Node>;

export function isNode(reading: Reading): reading is Node {
  return 'shape' in reading;
}

export interface Frame {
  /** Column of the collection around, -1 at the root. */
  readonly parent: number;
  /** Whether a `-` in the parent's column still belongs to this node (a list under a key). */
  readonly sameColumnList: boolean;
}

export const ROOT_FRAME: Frame = { parent: -1, sameColumnList: false };
