/** The formats: one row each. A new format is one file and one row. */
import type { FormatName, FormatStore } from './store.js';

export interface FormatRow {
  readonly name: FormatName;
  /** File name endings that choose it, case-sensitive (docs/command-line.md#formats-by-name). */
  readonly endings: readonly string[];
  /** How file names begin that people give to files of the format, and SOPS takes for binary. */
  readonly beginnings?: readonly string[];
  /** Whether SOPS does not know it: it takes such a file for binary, and cannot read the encrypted one. */
  readonly unknownToSops?: boolean;
  /** Endings that choose it for people, but not for SOPS. */
  readonly ownEndings?: readonly string[];
  /** What a text holds that is encrypted in this format, and that other formats may be able to read. */
  readonly marker?: RegExp;
  /** The format whose texts this one reads as well, being wider. */
  readonly contains?: FormatName;
  /** The format of its ciphertext, where that is another. */
  readonly container?: FormatName;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<FormatStore>;
}

export const FORMATS: readonly FormatRow[] = [
  {
    name: 'yaml',
    endings: ['.yaml', '.yml'],
    contains: 'json',
    load: async () => (await import('./yaml/yaml.js')).yamlStore,
  },
  { name: 'json', endings: ['.json'], load: async () => (await import('./json/json.js')).jsonStore },
  {
    name: 'dotenv',
    endings: ['.env'],
    beginnings: ['.env.'],
    load: async () => (await import('./dotenv.js')).dotenvStore,
  },
  { name: 'ini', endings: ['.ini'], load: async () => (await import('./ini/ini.js')).iniStore },
  {
    name: 'toml',
    endings: [],
    unknownToSops: true,
    ownEndings: ['.toml'],
    marker: /^mac[ \t]*=[ \t]*["']ENC\[/m,
    load: async () => (await import('./toml/toml.js')).openTomlStore(),
  },
  { name: 'binary', endings: [], container: 'json', load: async () => (await import('./binary.js')).binaryStore },
];

/** The format of a file name as SOPS has it: by its ending, `binary` when none fits. */
export function formatOfName(fileName: string): FormatRow {
  const found = FORMATS.find((row) => row.endings.some((ending) => fileName.endsWith(ending)));
  return found ?? formatNamed('binary');
}

/** The format that people mean by a file name: as {@link formatOfName}, where that says nothing by how the name begins. */
export function formatMeantBy(fileName: string): FormatRow {
  const row = formatOfName(fileName);
  if (row.endings.length > 0) return row;
  const own = FORMATS.find(({ ownEndings }) => ownEndings?.some((ending) => fileName.endsWith(ending)));
  if (own) return own;
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  return FORMATS.find(({ beginnings }) => beginnings?.some((beginning) => name.startsWith(beginning))) ?? row;
}

/** The row of a format. */
export function formatNamed(name: FormatName): FormatRow {
  const found = FORMATS.find((row) => row.name === name);
  if (!found) throw new TypeError(`no format is called ${name}`);
  return found;
}
