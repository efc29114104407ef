/** The configuration of ksops, as leniently as ksops reads it (docs/kubernetes/ksops.md#configuration). */
import { SopsError } from '../../errors.js';
import type { Branch, Value } from '../../tree/tree.js';
import { describe, itemsOf, type Manifest, stringAt, valueAt, valuesOf } from '../manifest/manifest.js';
import { printManifests } from '../manifest/print.js';
import { readAsString } from '../manifest/scalars.js';
import { type FileReference, type GeneratorPlan, NO_MARKS, type SecretPlan } from './plan.js';

/** Unknown fields and the kind are not looked at. Throws `failed` worded as ksops words it. */
export function ksopsPlan(manifest: Manifest): GeneratorPlan {
  const reader = new KsopsReader(manifest);
  const { root } = manifest;
  if (isAbsent(valueAt(root, 'files')) && isAbsent(valueAt(root, 'secretFrom'))) {
    throw new SopsError(
      'failed',
      `missing the required 'files' or 'secretFrom' key in the ksops manifests: ${shown(manifest)}`,
    );
  }
  const entries = valuesOf(reader.listAt(root, 'secretFrom'));
  return {
    dialect: 'ksops',
    files: reader.texts(root, 'files').map((path) => ({ path, glob: false, optional: false })),
    secrets: entries.map((entry, index) => reader.secret(entry, index)),
    marks: NO_MARKS,
    ignoreMac: false,
    resolvesReferences: false,
  };
}

/** The configuration as text. Anything else, such as an object given to a transformer, may hold secrets and is only named. */
function shown(manifest: Manifest): string {
  const isConfiguration = stringAt(manifest.root, 'apiVersion')?.startsWith('viaduct.ai/');
  return isConfiguration ? printManifests([manifest.root]) : describe(manifest);
}

function isAbsent(value: Value | undefined): boolean {
  return value === undefined || (value.kind === 'leaf' && value.value === null);
}

class KsopsReader {
  constructor(private readonly manifest: Manifest) {}

  secret(entry: Value, index: number): SecretPlan {
    const at = `secretFrom[${index}]`;
    if (entry.kind !== 'branch') throw this.wrong(at, 'a map');
    const metadata = valueAt(entry, 'metadata');
    const of = metadata?.kind === 'branch' ? metadata : undefined;
    const name = this.text(of && valueAt(of, 'name'), `${at}.metadata.name`);
    if (!name) throw new SopsError('failed', `${at} has no metadata.name: the Secret to be made needs a name`);
    return {
      name,
      namespace: this.text(of && valueAt(of, 'namespace'), `${at}.metadata.namespace`),
      labels: this.map(of, 'labels', at),
      annotations: this.map(of, 'annotations', at),
      type: this.text(valueAt(entry, 'type'), `${at}.type`),
      files: this.texts(entry, 'files', at).map(keyedReference),
      binaryFiles: this.texts(entry, 'binaryFiles', at).map(keyedReference),
      envs: this.texts(entry, 'envs', at).map((path) => ({ path, glob: false, optional: false })),
      marks: NO_MARKS,
    };
  }

  /** A list of texts; empty when it is absent. */
  texts(of: Branch, field: string, at = ''): string[] {
    const place = at === '' ? field : `${at}.${field}`;
    return valuesOf(this.listAt(of, field, place)).map((value, index) => {
      const text = this.text(value, `${place}[${index}]`);
      return text ?? '';
    });
  }

  listAt(of: Branch, field: string, place = field): Value | undefined {
    const found = valueAt(of, field);
    if (isAbsent(found) || found?.kind === 'list') return found;
    throw this.wrong(place, 'a list');
  }

  private map(of: Branch | undefined, field: string, at: string): Map<string, string> {
    const found = of && valueAt(of, field);
    if (isAbsent(found)) return new Map();
    if (found?.kind !== 'branch') throw this.wrong(`${at}.metadata.${field}`, 'a map');
    const entries = itemsOf(found).map(({ key, value }): [string, string] => {
      return [key, this.text(value, `${at}.metadata.${field}.${key}`) ?? ''];
    });
    return new Map(entries);
  }

  /** A text, numbers and booleans as a YAML 1.1 reader turns them into text. */
  private text(value: Value | undefined, place: string): string | undefined {
    if (value === undefined || isAbsent(value)) return undefined;
    if (value.kind !== 'leaf') throw this.wrong(place, 'a text');
    return readAsString(value, this.manifest.text).text;
  }

  private wrong(place: string, wanted: string): SopsError {
    return new SopsError('failed', `error unmarshalling manifest content: ${place} must be ${wanted}`);
  }
}

/** Thrown for `a=b=c`; ksops says this line and no other. */
export class KeySpecError extends SopsError {
  constructor(spec: string) {
    super('failed', `invalid format in file generator ${spec}`);
  }
}

/** Reads `path` or `key=path`; blanks are kept. */
export function keyedReference(spec: string): FileReference {
  const [first = '', second, ...more] = spec.split('=');
  if (more.length > 0) throw new KeySpecError(spec);
  if (second === undefined) return { path: first, glob: false, optional: false };
  return { path: second, key: first, glob: false, optional: false };
}
