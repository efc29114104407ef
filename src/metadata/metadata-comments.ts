/** Comments among the metadata of a file: sops writes none, and what writes the metadata anew leaves them out. */
import { nodes } from '../tree/leaves.js';
import type { Branch, Comment } from '../tree/tree.js';

/** The comments within a `sops` branch, in the order of the text. */
export function metadataComments(metadata: Branch | null): Comment[] {
  const found: Comment[] = [];
  if (metadata) for (const { node } of nodes([metadata])) if (node.kind === 'comment') found.push(node);
  return found;
}

/** What is told of them before the metadata is written anew. */
export function lostComments(metadata: Branch | null): string[] {
  const lost = metadataComments(metadata).length;
  if (lost === 0) return [];
  return [`Comments among the metadata: ${lost}. Like sops, sops-ts writes the metadata without them.`];
}
