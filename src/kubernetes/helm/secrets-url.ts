/** What stands after `secrets://` in Helm's command lines, as helm-secrets reads it (docs/kubernetes/helm.md#urls). */
import { SopsError } from '../../errors.js';
import { isNamespaceName, isObjectName } from '../names.js';

/** Where the keys come from that open a file, besides those of the environment. */
export type KeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'cluster'; readonly namespace: string | undefined; readonly name: string; readonly key: string };

export interface SecretsUrl {
  /** A path or HTTP URL, or with `literal` the content itself. */
  readonly target: string;
  readonly literal: boolean;
  /** Whether a file that is not there counts as an empty one. */
  readonly optional: boolean;
  /** `noop` hands the content on as it is. */
  readonly backend: 'sops' | 'noop';
  readonly keys?: { readonly type: 'age' | 'gpg'; readonly source: KeySource } | undefined;
}

/** Whether the content is got over HTTP. */
export function isHttp({ target, literal }: SecretsUrl): boolean {
  return !literal && /^https?:\/\//.test(target);
}

/** One row a protocol: what it imports, and from where. */
export const PROTOCOLS = [
  { name: 'secrets' },
  { name: 'secrets+gpg-import', type: 'gpg', from: 'file' },
  { name: 'secrets+gpg-import-kubernetes', type: 'gpg', from: 'cluster' },
  { name: 'secrets+age-import', type: 'age', from: 'file' },
  { name: 'secrets+age-import-kubernetes', type: 'age', from: 'cluster' },
  { name: 'secrets+literal', literal: true },
] as const satisfies readonly Protocol[];

interface Protocol {
  readonly name: string;
  readonly type?: 'age' | 'gpg';
  readonly from?: KeySource['kind'];
  readonly literal?: true;
}

/** Reads a URL. Throws `usage`; the content of a literal is not shown. */
export function parseSecretsUrl(text: string): SecretsUrl {
  const [, name = '', rest = ''] = /^([a-z+-]+):\/\/(.*)$/s.exec(text) ?? [];
  const protocol: Protocol | undefined = PROTOCOLS.find((row) => row.name === name);
  if (!protocol) {
    throw malformed(`Unknown protocol ${JSON.stringify(name || text.slice(0, 20))}`, [
      `The protocols are ${PROTOCOLS.map((row) => row.name).join(', ')}.`,
    ]);
  }
  const optional = !protocol.literal && rest.startsWith('?');
  const { backend, target } = cutBackend(optional ? rest.slice(1) : rest);
  const { type, from } = protocol;
  if (!type || !from) return { target, literal: protocol.literal ?? false, optional, backend };
  const cut = target.indexOf('?');
  if (cut <= 0 || cut === target.length - 1) {
    const shape = from === 'file' ? 'path to key' : '[namespace/]secret#key';
    throw malformed(`Invalid syntax: ${name}://[${shape}]?[path secrets.yaml]`);
  }
  const location = target.slice(0, cut);
  const source: KeySource = from === 'file' ? { kind: 'file', path: location } : clusterSource(location, name);
  return { target: target.slice(cut + 1), literal: false, optional, backend, keys: { type, source } };
}

/** `BACKEND!` in front; helm-secrets knows more of them. */
function cutBackend(text: string): { backend: 'sops' | 'noop'; target: string } {
  const [, word, target = text] = /^([a-z]+)!(.*)$/s.exec(text) ?? [];
  if (word === undefined || word === 'sops' || word === 'noop') return { backend: word ?? 'sops', target };
  throw malformed(`the backend ${word} is not one of sops-ts`, ['It has sops and noop; helm-secrets has others.']);
}

function clusterSource(location: string, protocol: string): KeySource {
  const [, namespace, name = '', key = ''] = /^(?:([^/#]+)\/)?([^/#]+)#(.+)$/.exec(location) ?? [];
  // What begins with a dash would be a flag of kubectl.
  if (isObjectName(name) && (namespace === undefined || isNamespaceName(namespace))) {
    return { kind: 'cluster', namespace, name, key };
  }
  throw malformed(`Invalid syntax: ${protocol}://[namespace/]secret#key?[path secrets.yaml]`);
}

function malformed(message: string, [hint]: readonly string[] = []): SopsError {
  return new SopsError('usage', message, hint === undefined ? {} : { hint });
}
