/** Compares what the sources import with what package.json and the rows of the registries say about packages. */
import { dirname, posix } from 'node:path';

/** Source texts by their paths below src, with slashes. */
export type Sources = ReadonlyMap<string, string>;

/** A row of a registry. */
export interface Row {
  readonly name: string;
  readonly packages: readonly string[];
  /** The module that it loads. */
  readonly entry: string;
}

/** What rows say about a format, a key type and the like, what is said of all that stands in no row, and the packages for building and testing. */
export interface Declared {
  readonly rows: readonly Row[];
  readonly lone: readonly Lone[];
  readonly tools: readonly string[];
}

/** A module that is loaded by no row, and the packages that it takes from the room of packages. */
export interface Lone {
  readonly module: string;
  readonly packages: readonly string[];
}

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Comments name modules, too. */
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const IMPORT = /(?:\bfrom|\bimport\s*\(|^import)\s*'([\w@./:-]+)'/gm;
/** They need a package's types when it is built, and nothing when it runs. */
const TYPES_ONLY = /\b(?:import|export)\s+type\b[^;]*?;|\btypeof\s+import\('[^']*'\)/g;

/** The modules that a source text imports when it runs: statically and dynamically. */
export function modulesOf(text: string): string[] {
  const code = text.replaceAll(COMMENT, '').replaceAll(TYPES_ONLY, '');
  return [...code.matchAll(IMPORT)].map(([, name = '']) => name);
}

/** The package of a module; undefined for a file of ours and for what Node has. */
export function packageOf(module: string): string | undefined {
  if (/^(?:\.|node:)/.test(module)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
}

/** The packages that a source text imports. */
function packagesIn(text = ''): string[] {
  return modulesOf(text).flatMap((module) => packageOf(module) ?? []);
}

/** The source file that a module imports by a relative path. */
function pathFrom(importer: string, module: string): string {
  return posix.join(dirname(importer), module).replace(/\.js$/, '.ts');
}

/** Where packages are imported: by a module for each, which is bundled with what it imports. */
function isBundled(path: string): boolean {
  return path.startsWith('packages/');
}

/** The packages that can be loaded from a module on; those that it takes itself where `isDeep` is false. */
function packagesFrom(entry: string, sources: Sources, isDeep = true): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const module of modulesOf(sources.get(path) ?? '')) {
      const name = packageOf(module);
      if (name !== undefined) found.add(name);
      else if (module.startsWith('.') && (isDeep || isBundled(pathFrom(path, module))))
        pending.push(pathFrom(path, module));
    }
  }
  return found;
}

/** Every disagreement, in words; none when sources, rows and package.json agree. */
export function disagreements(sources: Sources, { rows, lone, tools }: Declared, manifest: Manifest): string[] {
  const declared = new Set(Object.keys(manifest.devDependencies ?? {}).filter((name) => !tools.includes(name)));
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const imported = new Set([...sources].flatMap(([path, text]) => (isBundled(path) ? packagesIn(text) : [])));
  const needed = new Set([...rows, ...lone].flatMap(({ packages }) => packages));
  return [
    ...installed.map((name) => `${name} would be installed beside what is bundled of it`),
    ...[...sources].flatMap(([path, text]) =>
      isBundled(path)
        ? []
        : packagesIn(text).map((name) => `${path} imports ${name} itself, so that it is not bundled`),
    ),
    ...without(imported, declared).map((name) => `${name} is imported, and package.json does not have it`),
    ...without(declared, imported).map((name) => `${name} is in package.json, and nothing imports it`),
    ...without(imported, needed).map((name) => `${name} is imported, and nothing says that it needs it`),
    ...rows.flatMap(({ name, packages, entry }) => [
      ...(sources.has(entry) ? [] : [`${name}: there is no ${entry}`]),
      ...differences(name, packages, packagesFrom(entry, sources)),
    ]),
    ...lone.flatMap(({ module, packages }) => differences(module, packages, packagesFrom(module, sources, false))),
  ];
}

function differences(name: string, packages: readonly string[], loaded: ReadonlySet<string>): string[] {
  const listed = new Set(packages);
  return [
    ...without(loaded, listed).map((one) => `${name} loads ${one} and does not list it`),
    ...without(listed, loaded).map((one) => `${name} lists ${one} and does not load it`),
  ];
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !others.has(name)).sort();
}
