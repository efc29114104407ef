/** `import sealed-secret`: SealedSecrets, opened with the controller's private keys (docs/import.md#sealed-secret). */
import type { KeyObject } from 'node:crypto';
import { extname } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import { readManifests } from '../../kubernetes/manifest/read.js';
import { formFor, printSealed } from '../../kubernetes/sealed-secrets/print.js';
import { readPrivateKeys } from '../../kubernetes/sealed-secrets/private-keys.js';
import { readSealedSecret } from '../../kubernetes/sealed-secrets/sealed-secret.js';
import { unsealedSecret } from '../../kubernetes/sealed-secrets/unseal.js';
import { indexText } from '../../operations/read/encrypted-files.js';
import { sameTree } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import { type Branch, itemOf } from '../../tree/tree.js';
import { resolve } from '../../util/files/paths.js';
import { sourcesByContent } from './find-sources.js';
import type { ImportKind, ImportSettings, ImportSource, OpenedImport } from './source.js';
import { targetName } from './target.js';

const ENDINGS: ReadonlySet<string> = new Set(['.yml', '.yaml', '.json']);
const MARK = /^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?SealedSecret\b|"kind"\s*:\s*"SealedSecret"/m;
/** Index paths of values, in any document. */
const VALUE = /^(?:document \d+: )?\["data"\]\[/;
const DELETING =
  'deleting a SealedSecret deletes its Secret: kubectl delete sealedsecret NAME --cascade=orphan keeps it until the target is applied';

export function sealedSecretKind(settings: ImportSettings): ImportKind {
  const described = 'a SealedSecret';
  let keys: Promise<KeyObject[]> | undefined;
  return {
    described,
    leftInHistory: "what the controller's private key opens",
    next: () => [DELETING],
    targetName: (name) => targetName(name.replace(/\.sealed(?=\.\w+$)/, '')),
    find: (files, host) => sourcesByContent(files, { described, recognises }, host),
    async open(source, store, host) {
      const { configPath, keyServices, decryptionOrder } = settings;
      keys ??= readPrivateKeys({ paths: settings.keys, configPath, keyServices, decryptionOrder }, host);
      const keyFiles = settings.keys.map((path) => resolve(host.cwd, path));
      return { ...(await openSource(source, { store, keys: await keys, namespace: settings.namespace })), keyFiles };
    },
  };
}

function recognises(bytes: Buffer, { path, isNamed }: { readonly path: string; readonly isNamed: boolean }): boolean {
  return (isNamed || ENDINGS.has(extname(path).toLowerCase())) && MARK.test(bytes.toString('latin1'));
}

interface Opening {
  readonly store: FormatStore;
  readonly keys: readonly KeyObject[];
  readonly namespace: string | undefined;
}

async function openSource(
  { file, bytes }: ImportSource,
  { store, keys, namespace }: Opening,
): Promise<Omit<OpenedImport, 'keyFiles'>> {
  if (!formatNamed(store.name).objects) {
    throw new SopsError('output-format', 'the name of the target tells no format for objects of Kubernetes', {
      hint: 'End it with .yaml or .json.',
    });
  }
  const sealed = readManifests(bytes, { file: file.path }).map((manifest) => readSealedSecret(manifest, namespace));
  const roots: Branch[] = [];
  for (const one of sealed) roots.push(await unsealedSecret(one, keys, false));
  const secrets = Array.from(leaves(roots), indexText).filter((path) => VALUE.test(path));
  if (secrets.length === 0) throw new SopsError('document-invalid', 'nothing is sealed in it');
  return {
    plaintext: Buffer.from(printSealed(roots, formFor(store.name, undefined), false)),
    count: secrets.length,
    secrets: new Set(secrets),
    warnings: [],
    verify: (read) => verify(read, roots),
    review,
  };
}

function verify({ documents, metadata }: SourceFile, roots: readonly Branch[]): void {
  if (metadata === null && sameTree(documents, roots)) return;
  throw new SopsError('not-readable-back', 'the target would not hold what was read');
}

/** What reads manifests knows them by their kind. */
function review({ documents }: SourceFile): string[] {
  const isHidden = documents.some((document) => {
    const kind = itemOf(document, 'kind')?.value;
    return kind?.kind === 'leaf' && typeof kind.value === 'string' && looksEncrypted(kind.value);
  });
  return isHidden ? [ENCRYPTED_KIND] : [];
}

const ENCRYPTED_KIND =
  'kind and metadata are encrypted as well, by which Flux and kubectl know the object: a rule with encrypted_regex: ^(data|stringData)$ leaves them in clear';
