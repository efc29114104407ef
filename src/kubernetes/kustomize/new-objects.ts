/** `kustomize generate`: kustomize-ready objects from files, encrypted or not, and Secrets from values (docs/kubernetes/kustomize.md#commands). */

import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { recognise } from '../../formats/recognise.js';
import { formatMeantBy, formatNamed } from '../../formats/registry.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { openFile, plainText } from '../../operations/read/open-file.js';
import { trailOf } from '../../run/audit-trail.js';
import { type Branch, branch, item, leaf, type Value } from '../../tree/tree.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { decodeText, encodeText, hasInvalidBytes } from '../../util/text/text.js';
import { checkDecrypted, checkIdentified } from '../manifest/decrypted-check.js';
import {
  branchAt,
  itemsOf,
  type Manifest,
  madeManifest,
  stringAt,
  textMap,
  valueAt,
  withEntry,
  withEntryAt,
} from '../manifest/manifest.js';
import { type OutputForm, printManifests } from '../manifest/print.js';
import { readManifests } from '../manifest/read.js';
import { type ScalarPolicy, stringOf } from '../manifest/scalars.js';
import { buildSecret, checkSecret, isSecret, withStringData, withUnbrokenData } from '../manifest/secret.js';
import { readEnvText } from './env-file.js';
import { checkUnique } from './generate.js';
import { keyedReference } from './ksops-plan.js';
import { withNameHash } from './name-hash.js';
import { checkObjectName } from './names.js';
import { withOptions } from './object-options.js';
import type { ObjectOptions } from './plan.js';
import { readSource, Sources } from './sources.js';

export interface MakeRequest {
  /** Files of objects; `-` is standard input. */
  readonly files: readonly string[];
  readonly secret?: NewSecretRequest | undefined;
  /** Put on every Secret and ConfigMap. */
  readonly namespace?: string | undefined;
  /** Put on every object. */
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly marks: ObjectOptions;
  /** Moves values that are text from `data` to `stringData`. */
  readonly stringData: boolean;
  /** Appends the hash of the content to the names of Secrets and ConfigMaps. */
  readonly hash: boolean;
  readonly policy: ScalarPolicy;
  readonly form: OutputForm;
  readonly sort: boolean;
  readonly comments: boolean;
  readStdin(): Promise<Uint8Array>;
}

/** The Secret to be made. */
export interface NewSecretRequest {
  readonly name: string;
  readonly type?: string | undefined;
  /** Files of variables: dotenv, or maps in YAML or JSON. */
  readonly fromEnv: readonly string[];
  /** `path` or `key=path`. */
  readonly fromFile: readonly string[];
  readonly fromBinary: readonly string[];
}

/** Kinds whose values are texts under keys, and that get name hashes. */
const DATA_KINDS: ReadonlySet<string> = new Set(['Secret', 'ConfigMap']);
const LIMIT = 20;

/** The text of the objects. Throws SopsError; nothing is printed then. */
export async function makeManifests(request: MakeRequest, host: Session): Promise<string> {
  const maker = new ManifestMaker(request, host);
  const objects = await maker.all();
  for (const object of objects) {
    checkIdentified(object);
    checkDecrypted(object);
    if (isSecret(object.root)) checkSecret(object);
  }
  checkUnique(objects);
  const { form, sort, comments } = request;
  const roots = objects.map(({ root }) => (request.hash && isData(root) ? withNameHash(root) : root));
  return printManifests(roots, { form, sort, comments });
}

function isData(root: Branch): boolean {
  return DATA_KINDS.has(stringAt(root, 'kind') ?? '') && stringAt(root, 'apiVersion') === 'v1';
}

class ManifestMaker {
  private readonly sources: Sources;

  constructor(
    private readonly request: MakeRequest,
    private readonly host: Session,
  ) {
    this.sources = new Sources(host, LIMIT);
  }

  async all(): Promise<Manifest[]> {
    const { files, secret } = this.request;
    const contents = await Promise.all(files.map((path) => this.content(path)));
    const read = contents.flatMap((bytes, index) => {
      const path = files[index] ?? '';
      return readManifests(bytes, { file: path === '-' ? 'standard input' : path }).map((one) => this.clean(one));
    });
    const made = secret ? [await this.make(secret)] : [];
    return [...read, ...made].map((object) => ({ ...object, root: this.marked(object.root) }));
  }

  private marked(root: Branch): Branch {
    const { namespace, labels, annotations, marks, stringData } = this.request;
    let made = namespace && isData(root) ? withEntryAt(root, ['metadata', 'namespace'], leaf(namespace)) : root;
    for (const [field, entries] of [
      ['labels', labels],
      ['annotations', annotations],
    ] as const) {
      for (const [key, text] of entries) made = withTextAt(made, field, key, text);
    }
    if (stringData && isSecret(made)) made = withStringData(made);
    return withOptions(made, marks);
  }

  /** Makes every value of `data` and `stringData` the string that all readers see, or refuses it. */
  private clean(manifest: Manifest): Manifest {
    let { root } = manifest;
    if (!isData(root)) return manifest;
    for (const field of ['data', 'stringData']) {
      const of = branchAt(root, field);
      if (!of) continue;
      const entries = of.items.map((entry) =>
        entry.kind === 'item' ? item(entry.key, this.cleanValue(entry.value, manifest, [field, entry.key])) : entry,
      );
      root = withEntry(root, field, branch(entries));
    }
    return { ...manifest, root: isSecret(root) ? withUnbrokenData(root) : root };
  }

  private cleanValue(value: Value, manifest: Manifest, path: readonly string[]): Value {
    if (value.kind === 'leaf' && value.value === null && path[0] === 'data') return leaf('');
    const text = stringOf(value, manifest, path, this.request.policy);
    return value.kind === 'leaf' && value.value === text ? value : leaf(text);
  }

  private async make(secret: NewSecretRequest): Promise<Manifest> {
    checkObjectName(secret.name, 'the name of the Secret');
    const data = new Map<string, Uint8Array>();
    const stringData = new Map<string, string>();
    for (const spec of secret.fromFile) {
      const { key, path } = keyedReference(spec);
      const bytes = await this.content(path);
      const text = decodeText(bytes);
      if (hasInvalidBytes(text)) data.set(key ?? basename(path), bytes);
      else stringData.set(key ?? basename(path), text);
    }
    for (const spec of secret.fromBinary) {
      const { key, path } = keyedReference(spec);
      data.set(key ?? basename(path), await this.content(path));
    }
    for (const path of secret.fromEnv) {
      for (const [key, text] of await this.variables(path)) stringData.set(key, text);
    }
    const root = buildSecret({ name: secret.name, type: secret.type, data, stringData });
    return madeManifest(root);
  }

  /** The variables of a dotenv file, or the entries of a map in YAML or JSON. */
  private async variables(path: string): Promise<Map<string, string>> {
    const bytes = await this.content(path);
    if (!formatMeantBy(path).objects) return readEnvOf(path, decodeText(bytes));
    const [first, ...others] = readManifests(bytes, { file: path, keepLists: true });
    if (others.length > 0)
      throw new SopsError('document-invalid', `${path} holds more than one document`, { file: path });
    const entries = itemsOf(first?.root);
    return new Map(
      entries.map(({ key, value }) => [key, first ? stringOf(value, first, [key], this.request.policy) : '']),
    );
  }

  /** The plaintext of a file: decrypted if it is encrypted. */
  private async content(path: string): Promise<Uint8Array> {
    if (path === '-') return this.decryptedStdin(await this.request.readStdin());
    const bytes = readSource(path, this.host);
    const sealed = await readEncrypted(resolve(this.host.cwd, path));
    if (!sealed) return bytes;
    const { bytes: plain } = await this.sources.open(path, {
      ignoreMac: false,
      format: formatNamed(sealed.store.name).name,
    });
    return plain;
  }

  private async decryptedStdin(bytes: Uint8Array): Promise<Uint8Array> {
    const read = await recognise(bytes, formatMeantBy(''));
    if (!read.file.metadata) return bytes;
    const trail = trailOf({ kind: 'stdin', read: async () => bytes }, this.host);
    const { keyServices } = this.sources;
    const opened = await openFile(read, { ignoreMac: false, rewrites: false, keyServices, trail });
    return encodeText(plainText(opened));
  }
}

function readEnvOf(path: string, text: string): Map<string, string> {
  try {
    return readEnvText(text);
  } catch (error) {
    throw error instanceof SopsError ? error.with(error.code, { file: path }) : error;
  }
}

function withTextAt(root: Branch, field: 'labels' | 'annotations', key: string, text: string): Branch {
  const before = branchAt(valueAt(root, 'metadata') ?? branch(), field);
  return before
    ? withEntryAt(root, ['metadata', field, key], leaf(text))
    : withEntryAt(root, ['metadata', field], textMap([[key, text]]));
}
