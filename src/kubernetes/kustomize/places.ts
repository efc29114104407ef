/** Where what a kustomization names is to be found, by kustomize's own rules. */
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';

/** `remote`: got over the network, so nothing here can tell what it holds. */
export type BuildPlace =
  | { readonly kind: 'file' | 'folder'; readonly path: string }
  | { readonly kind: 'remote' }
  | { readonly kind: 'missing'; readonly path: string };

const FETCHED = /^https?:\/\//i;
/** What kustomize clones with git: a scheme, a user in front of a host, or GitHub's name. */
const CLONED = /^(?:git::)?(?:(?:ssh|https?|file):\/\/|[a-z][a-z0-9-]*@|github\.com[/:])/i;

/** Whether an entry leads to another machine, or to a repository that git clones. A local file of that name wins. */
export function isRemote(entry: string, folder: string): boolean {
  if (FETCHED.test(entry)) return true;
  return CLONED.test(entry) && !isFile(resolve(folder, entry));
}

/** Where an entry of `resources`, `components` or plug-ins leads. */
export function placeOf(entry: string, folder: string): BuildPlace {
  if (isRemote(entry, folder)) return { kind: 'remote' };
  return localPlace(entry, folder);
}

/** Where an entry leads that names a file: it can be fetched, but not cloned. */
export function filePlace(entry: string, folder: string): BuildPlace {
  return FETCHED.test(entry) ? { kind: 'remote' } : localPlace(entry, folder);
}

function localPlace(entry: string, folder: string): BuildPlace {
  const path = resolve(folder, entry);
  const stat = entry === '' ? undefined : statOrThrow(path);
  if (stat?.isFile()) return { kind: 'file', path };
  return { kind: stat?.isDirectory() ? 'folder' : 'missing', path };
}

/** Whether an entry is the content itself. */
export function isInline(entry: string): boolean {
  return entry.includes('\n') || entry.trimStart().startsWith('{');
}

function isFile(path: string): boolean {
  return statOrThrow(path)?.isFile() ?? false;
}
