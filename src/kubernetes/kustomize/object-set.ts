/** The objects that a build has gathered so far, told apart as kustomize does: by kind, name and namespace, earlier ones too. */
import { branchAt, type Manifest, stringAt } from '../manifest/manifest.js';
import { isSecret } from '../manifest/secret.js';
import type { GeneratorSource } from './generator-files.js';

export interface ObjectId {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** An object of the build. */
export interface BuildObject {
  id: ObjectId;
  /** The names that it had before prefixes and namespaces were put on it. */
  readonly earlier: ObjectId[];
  /** As it was read, or came out of a plug-in; undefined for what a generator of kustomize's own makes of files. */
  readonly manifest: Manifest | undefined;
  /** The file it comes from, as shown. */
  readonly file: string;
  /** What a patch makes of it that is encrypted itself, and the file of that patch, as shown; but for who decrypts the patch first. */
  merged?: { readonly manifest: Manifest; readonly file: string };
  /** What it is made of by a generator of kustomize's own. */
  readonly sources: readonly GeneratorSource[];
}

/** Kinds without a namespace; others are in one. */
const CLUSTER_KINDS: ReadonlySet<string> = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'StorageClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'APIService',
  'PriorityClass',
  'IngressClass',
  'RuntimeClass',
  'CSIDriver',
  'CSINode',
  'VolumeAttachment',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'PodSecurityPolicy',
]);
/** Kinds whose names get no prefix and no suffix. */
const UNPREFIXED: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'APIService', 'Namespace']);

/** The identity of an object. */
export function idOf({ root }: Manifest): ObjectId {
  const [first = '', second] = (stringAt(root, 'apiVersion') ?? '').split('/', 2);
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    kind: stringAt(root, 'kind') ?? '',
    name: stringAt(root, 'metadata', 'name') ?? '',
    namespace: stringAt(root, 'metadata', 'namespace') ?? '',
  };
}

/** How an object is called in messages. */
export function describeId({ kind, name, namespace }: ObjectId): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** An object as it was read from a file, or printed by a plug-in. */
export function objectFrom(manifest: Manifest, file: string): BuildObject {
  return { id: idOf(manifest), earlier: [], manifest, file, sources: [] };
}

export class ObjectSet {
  /** False once something came in that could not be looked at: then nobody can say that an object is not there. */
  isComplete = true;
  private readonly members = new Set<BuildObject>();
  /** By all names that objects have or had. */
  private readonly byName = new Map<string, Set<BuildObject>>();

  get objects(): readonly BuildObject[] {
    return [...this.members];
  }

  /** Adds an object of a file. Returns what is wrong with that. */
  append(object: BuildObject): string | undefined {
    const key = keyOf(object.id);
    const twin = this.matching(object.id).find(({ id }) => keyOf(id) === key);
    if (twin) return `${describeId(object.id)} comes out of ${twin.file}, too`;
    this.members.add(object);
    for (const id of [...object.earlier, object.id]) this.note(id, object);
    return undefined;
  }

  /** Adds what a generator made. Returns what is wrong with that. */
  absorb(object: BuildObject, behavior: string | undefined): string | undefined {
    const [partner, ...more] = this.matching(object.id);
    const called = describeId(object.id);
    if (behavior !== 'merge' && behavior !== 'replace') {
      return partner ? `${called} comes out of ${partner.file}, too` : this.append(object);
    }
    if (!partner) {
      return this.isComplete ? `${called} is to ${behavior}, and no object of that name is there` : undefined;
    }
    if (more.length > 0) return `${called} is to ${behavior}, and several objects have had that name`;
    return this.combine(partner, object, behavior === 'merge');
  }

  private combine(partner: BuildObject, object: BuildObject, merges: boolean): string | undefined {
    this.remove(partner);
    this.append({
      ...object,
      sources: merges ? [...partner.sources, ...object.sources] : object.sources,
      earlier: [...partner.earlier, partner.id],
      manifest: object.manifest ?? (merges ? partner.manifest : undefined),
    });
    const held = partner.manifest;
    if (!merges || !held) return undefined;
    const what = `${describeId(object.id)} merges into ${partner.file}`;
    if (held.sops) return `${what}, which is encrypted: its metadata is lost`;
    const loses = isSecret(held.root) && branchAt(held.root, 'stringData') !== undefined;
    return loses ? `${what}, whose stringData is lost: use data there` : undefined;
  }

  /** The objects that an identity means. */
  matching(id: ObjectId): BuildObject[] {
    return [...(this.byName.get(keyOf(id)) ?? [])];
  }

  /** Adds all that another build made, which stays as it is. Returns what is wrong with that. */
  addAll(other: ObjectSet): string[] {
    this.isComplete &&= other.isComplete;
    return other.objects.flatMap((object) => this.append({ ...object, earlier: [...object.earlier] }) ?? []);
  }

  /** Puts something else in the place of an object. */
  replace(object: BuildObject, by: BuildObject): void {
    this.remove(object);
    this.append(by);
  }

  /** Removes an object, as a patch may ask. */
  remove(object: BuildObject): void {
    this.members.delete(object);
    for (const id of [...object.earlier, object.id]) this.byName.get(keyOf(id))?.delete(object);
  }

  /** Puts prefix, suffix and namespace of a kustomization on everything. */
  rename(prefix: string, suffix: string, namespace: string | undefined): void {
    for (const object of this.members) {
      const { id } = object;
      const name = UNPREFIXED.has(id.kind) ? id.name : `${prefix}${id.name}${suffix}`;
      const moved = namespace === undefined || CLUSTER_KINDS.has(id.kind) ? id.namespace : namespace;
      if (name === id.name && moved === id.namespace) continue;
      object.earlier.push(id);
      object.id = { ...id, name, namespace: moved };
      this.note(object.id, object);
    }
  }

  private note(id: ObjectId, object: BuildObject): void {
    const key = keyOf(id);
    const known = this.byName.get(key);
    if (known) known.add(object);
    else this.byName.set(key, new Set([object]));
  }
}

function keyOf({ group, version, kind, name, namespace }: ObjectId): string {
  const place = CLUSTER_KINDS.has(kind) ? '' : namespace || 'default';
  return [group, version, kind, place, name].join('\0');
}
