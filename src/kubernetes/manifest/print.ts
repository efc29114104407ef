/** Objects as text that kustomize, kubectl and the plug-in protocols take as it is (docs/kubernetes/manifests.md#kustomize-ready). */
import { canonicalStyle, printJson } from '../../formats/json/write.js';
import { withoutComments } from '../../formats/yaml/copy.js';
import { emitYaml } from '../../formats/yaml/emit.js';
import { type Branch, branch, item, leaf, list, type Value } from '../../tree/tree.js';
import { sorted } from './manifest.js';

/** `list`: one v1 List; `resourcelist`: the ResourceList of KRM functions; both as YAML. */
export type OutputForm = 'yaml' | 'json' | 'list' | 'resourcelist';

export interface PrintOptions {
  readonly form?: OutputForm;
  /** Prints keys in the order of their bytes instead of the author's. */
  readonly sort?: boolean;
  readonly comments?: boolean;
}

/** How kustomize lays out YAML; strings are written so that readers of YAML 1.1 and 1.2 read the same string. */
const YAML_STYLE = { indent: 2, lists: 'at-key', strings: 'every-reader' } as const;
const JSON_INDENT = 2;
/** The forms that have none. */
const WITHOUT_COMMENTS: ReadonlySet<OutputForm> = new Set(['json']);

/** The objects as one text; the empty text for none in the forms `yaml` and `json`. Throws `output-format`. */
export function printManifests(roots: readonly Branch[], options: PrintOptions = {}): string {
  const { form = 'yaml', sort = false, comments = true } = options;
  const bare = comments && !WITHOUT_COMMENTS.has(form) ? roots : roots.map((root) => withoutComments(root) as Branch);
  const ready = sort ? bare.map((root) => sorted(root) as Branch) : bare;
  switch (form) {
    case 'yaml':
      return ready.length === 0 ? '' : emitYaml(ready, null, YAML_STYLE);
    case 'json':
      return ready.map((root) => `${printJson(root, canonicalStyle(JSON_INDENT))}\n`).join('');
    case 'list':
      return emitYaml([wrapped('v1', 'List', ready)], null, YAML_STYLE);
    case 'resourcelist':
      return emitYaml([wrapped('config.kubernetes.io/v1', 'ResourceList', ready)], null, YAML_STYLE);
  }
}

/** One map that holds objects: `items` after its kind, and what else it has. */
export function wrapped(apiVersion: string, kind: string, items: readonly Value[], more: Branch = branch()): Branch {
  return branch([
    item('apiVersion', leaf(apiVersion)),
    item('kind', leaf(kind)),
    item('items', list([...items])),
    ...more.items,
  ]);
}
