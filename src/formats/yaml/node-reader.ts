/** What the readers of collections and comments ask of the reader of nodes, which calls them and is called by them. */
import type { Comment, Item, Value } from '../../tree/tree.js';
import type { CommentMark, Cursor } from './cursor.js';
import type { FlowPlace, Frame, LooseReading, MetadataSpan, Node, NodeWatcher, Reading } from './node.js';
import type { Properties } from './properties.js';

/** Reads the nodes of one document, all from the same cursor. */
export interface NodeReader {
  readonly cursor: Cursor;
  readonly watcher?: NodeWatcher | undefined;
  readonly loose: LooseReading | undefined;
  /** The collections that are open. */
  readonly depth: number;
  metadata: MetadataSpan | undefined;
  flowPlace: FlowPlace | undefined;
  /** Column of the root map's keys; undefined when the root is not a block map. */
  rootColumn: number | undefined;
  /** End of the last token read, comments aside. */
  lastEnd: number;
  /** End of the last plain scalar. */
  readonly plainEnd: number;

  /** Reads the node at the cursor, properties first. */
  readNode(frame: Frame): Reading;
  /** Reads what stands on one line or in brackets: a scalar, an alias, a flow collection. */
  readInline(frame: Frame, properties: Properties | undefined): Reading;
  /** Reads the anchor and tag here, in either order, on one line. */
  readProperties(): Properties | undefined;
  /** Whether nothing but properties stands where a node was to be. */
  nodeEnds(frame: Frame, crossed: boolean): boolean;
  /** A node of no characters after the last token. */
  emptyNode(properties: Properties | undefined, frame: Frame): Node;
  /** Gives a finished node to the anchor in front of it. */
  named(node: Node, properties: Properties | undefined): Node;
  /** The item of a key as read, which may be an alias. Called when the last token read is that of its value. */
  itemOf(key: Value, at: number, value: Value): Item;
  /** Refuses a key that its map has already, and a merge key without maps; both only where SOPS looks. */
  checkUnique(keys: Set<string>, key: string, node: Value, at: number, value: Value): void;
  /** Gives the pending comments a place: the first `count` of them, all without it, become comments, in order. */
  takeComments(count?: number): Comment[];
  /** The comments that were to go after the key, value or map's end which was just read. */
  takeBehind(): Comment[];
  toComment(mark: CommentMark, inline: boolean): Comment;
  /** Notes that a collection begins. @param isLevel whether it counts as a level of block collections */
  open(isLevel: boolean): void;
  close(isLevel: boolean): void;
}
