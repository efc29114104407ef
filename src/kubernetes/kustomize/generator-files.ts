/** What kustomize's own generators make of files: the entries of `secretGenerator` and `configMapGenerator`. */
import { posix } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import type { Value } from '../../tree/tree.js';
import { stringAt, valueAt } from '../manifest/manifest.js';
import { envsOf, textsOf } from './kustomization.js';
import { type BuildPlace, filePlace } from './places.js';

/** A file that becomes a value (`files`), or several (`envs`). */
export interface GeneratorSource {
  readonly place: BuildPlace;
  /** As written, without the key. */
  readonly entry: string;
  /** The key that its content goes to; for `envs` the file's name as written. */
  readonly key: string;
  readonly isEnv: boolean;
}

/** An object to be generated. */
export interface Generated {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly namespace: string;
  readonly behavior: string | undefined;
  readonly sources: readonly GeneratorSource[];
  /** What kustomize would refuse, and literals that are ciphertext. */
  readonly problems: readonly string[];
}

/** Reads an entry of a generator; for a builtin generator under `generators` that is the whole configuration. */
export function generatedBy(entry: Value, kind: Generated['kind'], folder: string): Generated {
  const problems: string[] = [];
  const name = stringAt(entry, 'name') ?? stringAt(entry, 'metadata', 'name') ?? '';
  const said = `${kind} ${name}`;
  const files = textsOf(valueAt(entry, 'files')).flatMap((spec) => {
    const parts = spec.split('=');
    const [key, path = key] = parts;
    if (parts.length > 2 || !key || !path) {
      problems.push(`${said}: ${JSON.stringify(spec)} is neither a path nor KEY=PATH`);
      return [];
    }
    return [
      {
        place: filePlace(path, folder),
        entry: path,
        key: parts.length === 1 ? posix.basename(path) : key,
        isEnv: false,
      },
    ];
  });
  const envs = envsOf(entry).map((path) => ({ place: filePlace(path, folder), entry: path, key: path, isEnv: true }));
  const seen = new Set<string>();
  for (const { key } of files) {
    if (seen.has(key)) problems.push(`${said}: the key ${key} is given twice`);
    seen.add(key);
  }
  for (const literal of textsOf(valueAt(entry, 'literals'))) {
    const value = literal.slice(literal.indexOf('=') + 1).replace(/^(["'])(.*)\1$/s, '$2');
    if (looksEncrypted(value))
      problems.push(`${said}: the literal ${literal.slice(0, literal.indexOf('='))} is ciphertext, and stays so`);
  }
  const namespace = stringAt(entry, 'namespace') ?? stringAt(entry, 'metadata', 'namespace') ?? '';
  return { kind, name, namespace, behavior: stringAt(entry, 'behavior'), sources: [...files, ...envs], problems };
}
