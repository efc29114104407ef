/** Templates of the operator, version 2: what the Secret that it makes has beside, or instead of, what it was given. */
import { type Branch, list } from '../../tree/tree.js';
import { textMap } from '../manifest/manifest.js';
import { isDataKey } from '../manifest/secret.js';
import { record } from '../object-literal.js';
import { checkedName } from './checks.js';
import type { KeyedFile } from './keyed-file.js';
import { usage } from './settings.js';

/** What flags say of it. */
export interface TemplateChoice {
  /** `KEY=TEXT`, the text a template of Go. */
  readonly data: readonly string[];
  /** `configmap/NAME/KEY`, `secret/NAME/KEY`, or the text of a template of keys and values. */
  readonly from: readonly string[];
  readonly merge: boolean;
}

/** The template; undefined when there is nothing for it to do. Throws `usage`. */
export function templateOf(
  { type, labels, annotations }: Pick<KeyedFile, 'type' | 'labels' | 'annotations'>,
  choice: TemplateChoice,
): Branch | undefined {
  const metadata = record({
    labels: labels.size > 0 ? textMap(labels) : undefined,
    annotations: annotations.size > 0 ? textMap(annotations) : undefined,
  });
  const special = type === 'Opaque' ? undefined : type;
  const { data, from, merge } = choice;
  const isNeeded = data.length + from.length > 0;
  if (merge && !isNeeded) throw usage('--template-merge belongs to --template and --template-from');
  if (special === undefined && metadata.items.length === 0 && !isNeeded) return undefined;
  return record({
    engineVersion: 'v2',
    mergePolicy: merge ? 'Merge' : undefined,
    type: special,
    metadata: metadata.items.length > 0 ? metadata : undefined,
    data: data.length > 0 ? textMap(new Map(data.map(entryOf))) : undefined,
    templateFrom: from.length > 0 ? list(from.map(sourceOf)) : undefined,
  });
}

function entryOf(text: string): [string, string] {
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(at, 0));
  if (isDataKey(key)) return [key, text.slice(at + 1)];
  throw usage(
    `--template ${JSON.stringify(text)} is not of the form KEY=TEXT`,
    "E.g. --template 'url=db://{{ .user }}'",
  );
}

function sourceOf(text: string): Branch {
  const [, kind = '', name = '', key = ''] = /^(configmap|secret)\/([^/{}]+)\/([^/{}]+)$/i.exec(text) ?? [];
  if (kind === '') {
    if (text.includes('{{')) return record({ literal: text });
    throw usage(
      `--template-from ${JSON.stringify(text)} is neither configmap/NAME/KEY, nor secret/NAME/KEY, nor a template`,
    );
  }
  if (!isDataKey(key)) throw usage(`--template-from: ${JSON.stringify(key)} is not a key`);
  const items = [record({ key, templateAs: 'KeysAndValues' })];
  const source = record({ name: checkedName(name, '--template-from'), items });
  return record({ [kind.toLowerCase() === 'secret' ? 'secret' : 'configMap']: source });
}
