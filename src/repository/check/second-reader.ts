/** YAML as the package `yaml` reads it: a second opinion on what is a value, so that no mistake of one reader lets a secret through. */

import type { Document, Node, Scalar } from 'yaml';
import type { EncryptionScope } from '../../tree/scope.js';
import { selectorOf } from '../../tree/scope.js';
import type { KeyPath } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { stateOf, type ValueState } from './seen-values.js';

/** A value that is not empty, as the second reader sees it. */
export interface SecondValue {
  readonly path: KeyPath;
  /** Whether a key of its path decides so; where comments decide that is not known. */
  readonly selected: boolean | undefined;
  readonly state: ValueState;
  readonly offset: number;
}

/** Our own reader allows for more, but nobody nests like that, and the package calls itself for each level. */
const DEEPEST = 500;

/** The values of all documents without their metadata; null where the package cannot read the text. */
export async function secondReading(text: string, scope: EncryptionScope): Promise<SecondValue[] | null> {
  const yaml = await import('../../packages/yaml.js');
  let documents: readonly Document.Parsed[];
  try {
    const parsed = yaml.parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent', stringKeys: false });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch {
    // A text nested as deeply as an attacker likes ends in an error of the stack.
    return null;
  }
  if (documents.some(({ errors }) => errors.length > 0)) return null;
  const reading = new Reading(yaml, scope);
  return documents.every((document) => reading.addDocument(document)) ? reading.values : null;
}

interface Visit {
  readonly node: Node | null;
  readonly path: KeyPath;
  readonly matched: boolean;
}

class Reading {
  readonly values: SecondValue[] = [];
  private readonly selector;
  private readonly byComments: boolean;

  constructor(
    private readonly yaml: typeof import('../../packages/yaml.js'),
    scope: EncryptionScope,
  ) {
    this.selector = selectorOf(scope);
    this.byComments = scope.rule.endsWith('comment_regex');
  }

  /** False where a document is nested too deeply to be looked at. */
  addDocument(document: Document.Parsed): boolean {
    const root = document.contents as Node | null;
    // What an alias stands for need be looked at once for each way in which it can be selected.
    const expanded = new Map<Node, Set<boolean>>();
    const pending: Visit[] = this.inside({ node: root, path: [], matched: false }, document, expanded, true);
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next.path.length > DEEPEST) return false;
      append(pending, this.inside(next, document, expanded, false));
    }
    return true;
  }

  private inside(visit: Visit, document: Document, expanded: Map<Node, Set<boolean>>, isRoot: boolean): Visit[] {
    const { yaml } = this;
    const { node, path, matched } = visit;
    if (yaml.isAlias(node)) {
      const target = node.resolve(document) ?? null;
      if (!target || this.wasExpanded(target, matched, expanded)) return [];
      return [{ node: target, path, matched }];
    }
    if (yaml.isScalar(node)) this.add(node, path, matched);
    if (yaml.isSeq(node)) return node.items.map((item) => ({ node: item as Node | null, path, matched })).reverse();
    if (!yaml.isMap(node)) return [];
    const visits: Visit[] = [];
    for (const { key, value } of node.items) {
      const name = this.keyText(key);
      if (isRoot && name === 'sops') continue;
      const below = { path: [...path, name], matched: matched || this.selector.matchesKey(name) };
      visits.push({ node: value as Node | null, ...below });
    }
    return visits.reverse();
  }

  private wasExpanded(target: Node, matched: boolean, expanded: Map<Node, Set<boolean>>): boolean {
    const known = expanded.get(target) ?? new Set();
    if (known.has(matched)) return true;
    expanded.set(target, known.add(matched));
    return false;
  }

  private keyText(key: unknown): string {
    if (!this.yaml.isScalar(key)) return String(key);
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  }

  private add(node: Scalar, path: KeyPath, matched: boolean): void {
    const { value } = node;
    if (value === null || value === '') return;
    const selected = this.byComments ? undefined : this.selector.selects(matched);
    const state = typeof value === 'string' ? stateOf(value) : 'plain';
    this.values.push({ path, selected, state, offset: node.range?.[0] ?? 0 });
  }
}
