/** Which Secrets, and ConfigMaps, manifests and references name: what `emit rbac` lets somebody read. */
import { SopsError } from '../../errors.js';
import { branchAt, describe, type Manifest, stringAt } from '../manifest/manifest.js';
import { isSecret } from '../manifest/secret.js';
import { type ExternalRead, externalReads, invalidObject, providerOfRead } from './external-reads.js';
import { type AccessSources, CIPHERTEXT_START, knownPath, type NamedReference } from './sources.js';

export interface NamedObject {
  readonly resource: 'secrets' | 'configmaps';
  readonly name: string;
  /** Undefined when whoever applies the object chooses it. */
  readonly namespace: string | undefined;
  /** What names it, for people. */
  readonly by: string;
  readonly file: string | undefined;
}

/** The namespace of the operator's store when it says none. */
const REMOTE_NAMESPACE = 'default';

/** All of them, in the order of the files. Throws `document-invalid` and `reference-malformed` for what cannot be told. */
export function namedObjects({ manifests, references }: AccessSources): NamedObject[] {
  return [
    ...manifests.flatMap((manifest) => [
      ...ownObject(manifest),
      ...externalReads(manifest).reads.flatMap((read) => remoteObjects(read, manifests)),
    ]),
    ...references.filter(({ scheme }) => scheme === 'k8s').map(referredObject),
  ];
}

/** A Secret, or the SealedSecret that becomes one of the same name. */
function ownObject(of: Manifest): NamedObject[] {
  const { root, origin } = of;
  const isSealed =
    stringAt(root, 'kind') === 'SealedSecret' && stringAt(root, 'apiVersion')?.startsWith('bitnami.com/');
  if (!isSecret(root) && !isSealed) return [];
  const name = stringAt(root, 'metadata', 'name');
  const namespace = stringAt(root, 'metadata', 'namespace');
  if (name === undefined) throw invalidObject(of, 'it has no name that a Role could hold');
  if ([name, namespace].some((text) => text?.startsWith(CIPHERTEXT_START))) {
    throw invalidObject(
      of,
      'its name is encrypted',
      'Decrypt it and give the result as -, or encrypt only its values: encrypted_regex: ^(data|stringData)$',
    );
  }
  return [{ resource: 'secrets', name, namespace, by: describe(of), file: origin.file }];
}

/** What the operator reads in another namespace: the key is the name of a Secret. */
function remoteObjects(external: ExternalRead, manifests: readonly Manifest[]): NamedObject[] {
  const { of, read } = external;
  const kubernetes = branchAt(providerOfRead(external, manifests), 'kubernetes');
  if (!kubernetes) return [];
  if (read.kind === 'find') {
    throw invalidObject(
      of,
      'find lists all Secrets of a namespace, and no Role can hold that to names',
      'Name them with extract or data.',
    );
  }
  const namespace = stringAt(kubernetes, 'remoteNamespace') ?? REMOTE_NAMESPACE;
  return [{ resource: 'secrets', name: read.key, namespace, by: describe(of), file: of.origin.file }];
}

/** `v1/Secret/NS/NAME`, with or without a key after it. */
function referredObject(reference: NamedReference & { readonly file: string | undefined }): NamedObject {
  const { shown, file } = reference;
  const [version, kind = '', namespace, name, , ...more] = knownPath(reference, file).split('/');
  const resource = ({ Secret: 'secrets', ConfigMap: 'configmaps' } as const)[kind];
  if (version === 'v1' && resource && namespace && name && more.length === 0) {
    return { resource, name, namespace, by: shown, file };
  }
  throw new SopsError('reference-malformed', `${shown} names no Secret`, {
    hint: 'It is k8s://v1/Secret/NS/NAME, with #/KEY or /KEY after it.',
    ...(file === undefined ? {} : { file }),
  });
}
