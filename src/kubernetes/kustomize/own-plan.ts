/** The configuration of our own kind, `SopsGenerator` of `sops-ts.dev/v1`, read strictly (docs/kubernetes/kustomize.md#sopsgenerator). */
import { SopsError } from '../../errors.js';
import type { Branch, Value } from '../../tree/tree.js';
import { describe, itemsOf, type Manifest, valueAt, valuesOf } from '../manifest/manifest.js';
import { BEHAVIORS, type FileReference, type GeneratorPlan, type ObjectOptions, type SecretPlan } from './plan.js';

export const OWN_API_VERSION = 'sops-ts.dev/v1';
export const OWN_KIND = 'SopsGenerator';

const MARKS = ['needsHash', 'behavior', 'immutable', 'dataOnly'];
const LISTS = ['files', 'secretFrom'];
const TOP = ['apiVersion', 'kind', 'metadata', 'onMissing', 'macPolicy', 'resolveRefs', ...LISTS, ...MARKS];
const SECRET = ['metadata', 'type', 'files', 'binaryFiles', 'envs', ...MARKS];
const METADATA = ['name', 'namespace', 'labels', 'annotations'];

/**
 * What a configuration asks for. `isTransformer`: it may name no files, and decrypts what it is given.
 * Throws `document-invalid` for unknown fields, missing ones and wrong types, with the field's place.
 */
export function ownPlan(manifest: Manifest, isTransformer = false): GeneratorPlan {
  return new OwnReader(manifest).plan(isTransformer);
}

/** Whether an object is a configuration of our kind, whatever its version. */
export function isOwnKind(root: Branch): boolean {
  const apiVersion = valueAt(root, 'apiVersion');
  return apiVersion?.kind === 'leaf' && String(apiVersion.value).startsWith('sops-ts.dev/');
}

class OwnReader {
  constructor(private readonly manifest: Manifest) {}

  plan(isTransformer: boolean): GeneratorPlan {
    const { root } = this.manifest;
    this.checkVersion(root);
    this.checkFields(root, TOP, '');
    if (!isTransformer && !LISTS.some((field) => valueAt(root, field))) {
      throw this.error('names neither files nor secretFrom, so nothing can come of it');
    }
    const skipsMissing = this.choice(root, 'onMissing', ['error', 'skip'], '') === 'skip';
    const macPolicy = this.choice(root, 'macPolicy', ['strict', 'skip'], '');
    const marks = this.marks(root, '', undefined);
    return {
      dialect: 'own',
      files: this.references(root, 'files', '', { skipsMissing, inSecret: false }),
      secrets: this.list(root, 'secretFrom', '').map((entry, index) => {
        return this.secret(entry, `secretFrom[${index}]`, { skipsMissing, marks });
      }),
      marks,
      ignoreMac: macPolicy === 'skip',
      resolvesReferences: this.flag(root, 'resolveRefs', '') ?? false,
    };
  }

  private checkVersion(root: Branch): void {
    const apiVersion = this.text(root, 'apiVersion', '');
    const kind = this.text(root, 'kind', '');
    if (apiVersion === OWN_API_VERSION && kind === OWN_KIND) return;
    throw this.error(`is of ${apiVersion} ${kind}; known is ${OWN_API_VERSION} ${OWN_KIND}`);
  }

  private secret(
    entry: Value,
    at: string,
    { skipsMissing, marks }: { readonly skipsMissing: boolean; readonly marks: ObjectOptions },
  ): SecretPlan {
    const of = this.map(entry, at);
    this.checkFields(of, SECRET, at);
    const place = `${at}.metadata`;
    const metadata = this.map(valueAt(of, 'metadata'), place);
    this.checkFields(metadata, METADATA, place);
    const name = this.text(metadata, 'name', place);
    if (!name) throw this.error(`${place}.name is missing`);
    const context = { skipsMissing, inSecret: true };
    return {
      name,
      namespace: this.text(metadata, 'namespace', place),
      labels: this.texts(metadata, 'labels', place),
      annotations: this.texts(metadata, 'annotations', place),
      type: this.text(of, 'type', at),
      files: this.references(of, 'files', at, context),
      binaryFiles: this.references(of, 'binaryFiles', at, context),
      envs: this.references(of, 'envs', at, { skipsMissing, inSecret: false }),
      marks: this.marks(of, at, marks),
    };
  }

  /** The marks of an entry; what it does not say is as for the whole. */
  private marks(of: Branch, at: string, whole: ObjectOptions | undefined): ObjectOptions {
    return {
      needsHash: this.flag(of, 'needsHash', at) ?? whole?.needsHash ?? false,
      immutable: this.flag(of, 'immutable', at) ?? whole?.immutable ?? false,
      dataOnly: this.flag(of, 'dataOnly', at) ?? whole?.dataOnly ?? false,
      behavior: this.choice(of, 'behavior', BEHAVIORS, at) ?? whole?.behavior,
    };
  }

  private references(
    of: Branch,
    field: string,
    at: string,
    context: { readonly skipsMissing: boolean; readonly inSecret: boolean },
  ): FileReference[] {
    return this.list(of, field, at).map((value, index) => {
      const place = `${join(at, field)}[${index}]`;
      if (value.kind !== 'branch') return this.plainReference(value, place, context);
      this.checkFields(value, ['path', 'glob', 'optional', ...(context.inSecret ? ['key', 'extract'] : [])], place);
      const path = this.text(value, 'path', place);
      const pattern = this.text(value, 'glob', place);
      if ((path === undefined) === (pattern === undefined)) throw this.error(`${place} needs either path or glob`);
      const extract = this.text(value, 'extract', place);
      const key = this.text(value, 'key', place);
      if (pattern !== undefined && key !== undefined)
        throw this.error(`${place}: a glob names several files, a key one`);
      const optional = this.flag(value, 'optional', place) ?? context.skipsMissing;
      return { path: path ?? pattern ?? '', glob: pattern !== undefined, key, extract, optional };
    });
  }

  private plainReference(
    value: Value,
    place: string,
    { skipsMissing, inSecret }: { readonly skipsMissing: boolean; readonly inSecret: boolean },
  ): FileReference {
    const text = this.string(value, place);
    const cut = inSecret ? text.indexOf('=') : -1;
    if (cut >= 0 && text.includes('=', cut + 1)) {
      throw this.error(`${place} has more than one =: write {key: …, path: …}`);
    }
    return {
      path: text.slice(cut + 1),
      glob: false,
      optional: skipsMissing,
      ...(cut >= 0 && { key: text.slice(0, cut) }),
    };
  }

  private checkFields(of: Branch, known: readonly string[], at: string): void {
    const unknown = itemsOf(of).find(({ key }) => !known.includes(key));
    if (!unknown) return;
    throw this.error(`has an unknown field ${join(at, unknown.key)}; known here: ${known.join(', ')}`);
  }

  private list(of: Branch, field: string, at: string): Value[] {
    const found = valueAt(of, field);
    if (found === undefined) return [];
    if (found.kind !== 'list') throw this.error(`${join(at, field)} must be a list`);
    return valuesOf(found);
  }

  private map(value: Value | undefined, place: string): Branch {
    if (value?.kind === 'branch') return value;
    throw this.error(value ? `${place} must be a map` : `${place} is missing`);
  }

  private texts(of: Branch, field: string, at: string): Map<string, string> {
    const found = valueAt(of, field);
    if (found === undefined) return new Map();
    const place = join(at, field);
    return new Map(
      itemsOf(this.map(found, place)).map(({ key, value }) => [key, this.string(value, `${place}.${key}`)]),
    );
  }

  private text(of: Branch, field: string, at: string): string | undefined {
    const found = valueAt(of, field);
    return found && this.string(found, join(at, field));
  }

  /** As kustomize reads: it prints configurations anew, and leaves out quotes that it does not need itself (`y`). */
  private string(value: Value, place: string): string {
    if (value.kind === 'leaf' && typeof value.value === 'string') return value.value;
    throw this.error(`${place} must be a text, in quotes if it looks like a number or the like`);
  }

  private flag(of: Branch, field: string, at: string): boolean | undefined {
    const found = valueAt(of, field);
    if (found === undefined) return undefined;
    if (found.kind === 'leaf' && typeof found.value === 'boolean') return found.value;
    throw this.error(`${join(at, field)} must be true or false`);
  }

  private choice(of: Branch, field: string, choices: readonly string[], at: string): string | undefined {
    const text = this.text(of, field, at);
    if (text === undefined || choices.includes(text)) return text;
    throw this.error(`${join(at, field)} must be one of ${choices.join(', ')}`);
  }

  private error(problem: string): SopsError {
    return new SopsError('document-invalid', `${describe(this.manifest)} ${problem}`);
  }
}

function join(at: string, field: string): string {
  return at === '' ? field : `${at}.${field}`;
}
