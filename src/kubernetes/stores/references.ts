/** References to Kubernetes objects that hold a store's log-in. */
import type { Branch } from '../../tree/tree.js';
import { isDataKey } from '../manifest/secret.js';
import { record } from '../object-literal.js';
import { checkedName, checkNamespace } from './checks.js';
import { usage } from './settings.js';

/**
 * Makes references for one store. In a store of the whole cluster each names its namespace, in any other none, since
 * only the store's own is allowed.
 */
export class References {
  readonly #namespace: string | undefined;
  readonly #clusterWide: boolean;

  /** `namespace` is where the objects are; it is asked for only when one is referred to. */
  constructor(clusterWide: boolean, namespace: string | undefined) {
    this.#clusterWide = clusterWide;
    this.#namespace = namespace;
  }

  /** A key of a Secret: `text` is NAME or NAME/KEY. Throws `usage`. */
  secret(text: string, defaultKey: string): Branch {
    const { name, key = defaultKey } = parse(text);
    return record({ name, key, namespace: this.namespace() });
  }

  /** Several keys of one Secret, which cannot be chosen. Throws `usage`. */
  secretKey(text: string, key: string): Branch {
    const { name, key: given } = parse(text);
    if (given !== undefined) throw usage(`--credentials takes no key here: ${name} must hold the usual ones`);
    return record({ name, key, namespace: this.namespace() });
  }

  serviceAccount(name: string): Branch {
    return record({ name: checkedName(name, '--service-account'), namespace: this.namespace() });
  }

  /** A certificate authority in a ConfigMap: `text` is NAME or NAME/KEY. */
  authority(text: string): Branch {
    const { name, key = 'ca.crt' } = parse(text);
    return record({ type: 'ConfigMap', name, key, namespace: this.namespace() });
  }

  /** That of what is referred to; undefined where it must not be said. Throws `usage` where it is missing. */
  namespace(): string | undefined {
    if (!this.#clusterWide) return undefined;
    if (this.#namespace !== undefined) return checkNamespace(this.#namespace, '--namespace');
    throw usage('--namespace is missing', 'In a ClusterSecretStore it says where the objects with the log-in are.');
  }
}

function parse(text: string): { name: string; key: string | undefined } {
  const [name = '', key, ...more] = text.split('/');
  checkedName(name, '--credentials');
  if (more.length > 0 || (key !== undefined && !isDataKey(key))) {
    throw usage(`${JSON.stringify(text)} is not of the form NAME or NAME/KEY`);
  }
  return { name, key };
}
