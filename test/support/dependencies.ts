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

/** What rows say about a format, a key type and the like, and what is said of all that stands in no row. */
export interface Declared {
  readonly rows: readonly Row[];
  readonly lone: readonly Lone[];
  /** Modules whose packages are bundled when the program is built, so that only whoever builds it needs these. */
  readonly bundled: readonly string[];
}

/** A module that is loaded by no row, and the packages that it imports itself. */
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
const IMPORT = /(?:\bfrom|\bimport\s*\(|^import|\bimportSdk(?:<[^'()]*?>)?\()\s*'([\w@./:-]+)'/gm;
/** They need a package's types when it is built, and nothing when it runs. */
const TYPES_ONLY = /\b(?:import|export)\s+type\b[^;]*?;|\btypeof\s+import\('[^']*'\)/g;

/** The modules that a source text imports when it runs: statically, dynamically, and by `importSdk`. */
export function modulesOf(text: string): string[] {
  const code = text.replaceAll(COMMENT, '').replaceAll(/importSdk<typeof import\('[^']*'\)>/g, 'importSdk');
  return [...code.replaceAll(TYPES_ONLY, '').matchAll(IMPORT)].map(([, name = '']) => name);
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

/** The packages that can be loaded from a module on. */
function packagesFrom(entry: string, sources: Sources): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const module of modulesOf(sources.get(path) ?? '')) {
      const name = packageOf(module);
      if (name !== undefined) found.add(name);
      else if (module.startsWith('.')) pending.push(posix.join(dirname(path), module).replace(/\.js$/, '.ts'));
    }
  }
  return found;
}

/** Every disagreement, in words; none when sources, rows and package.json agree. */
export function disagreements(all: Sources, { rows, lone, bundled }: Declared, manifest: Manifest): string[] {
  const sources = new Map([...all].filter(([path]) => !bundled.includes(path)));
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const imported = new Set([...sources.values()].flatMap(packagesIn));
  const needed = new Set([...rows, ...lone].flatMap(({ packages }) => packages));
  const inBundles = new Set(bundled.flatMap((path) => packagesIn(all.get(path))));
  const forBuilding = new Set(Object.keys(manifest.devDependencies ?? {}));
  return [
    ...without(imported, declared).map((name) => `${name} is imported, and package.json does not have it`),
    ...without(declared, imported).map((name) => `${name} is in package.json, and nothing imports it`),
    ...without(imported, needed).map((name) => `${name} is imported, and nothing says that it needs it`),
    ...without(inBundles, forBuilding).map((name) => `${name} is bundled, and the devDependencies do not have it`),
    ...rows.flatMap(({ name, packages, entry }) => [
      ...(sources.has(entry) ? [] : [`${name}: there is no ${entry}`]),
      ...differences(name, packages, packagesFrom(entry, sources)),
    ]),
    ...lone.flatMap(({ module, packages }) => differences(module, packages, new Set(packagesIn(sources.get(module))))),
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
