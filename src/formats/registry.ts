/** The formats: one row each. A new format is one file and one row. */
import type { FormatName, FormatStore } from './store.js';

/** What a format is called and what it can; what else there is to it is in its store. */
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
  /** What stands in a text that is encrypted in it, as other programs look for it. Absent where its container has it. */
  readonly marker?: RegExp;
  /** Formats that read its encrypted texts as well, and would take them for their own. */
  readonly alsoReadBy?: readonly FormatName[];
  /** The format whose texts this one reads as well, being wider. */
  readonly contains?: FormatName;
  /** The format of its ciphertext, where that is another. */
  readonly container?: FormatName;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  /** Whether a file is one value, which has no keys to choose by. */
  readonly whole?: boolean;
  /** Whether it has comments. */
  readonly comments: boolean;
  /** Whether a file may hold several documents. */
  readonly severalDocuments?: boolean;
  /** Whether Kubernetes objects are written in it. */
  readonly objects?: boolean;
  /** Whether programs load files of it into their environment, a variable for each key. */
  readonly variables?: boolean;
  /** How many levels of keys it has, where that is limited. */
  readonly levels?: number;
  /** The keys at the top that are the metadata's. */
  readonly reservedKeys: RegExp;
  /** Which setting of `.sops.yaml` has the indentation, if it has any. */
  readonly indentSetting?: 'yaml' | 'json' | 'jsonBinary';
  load(): Promise<FormatStore>;
}

const SOPS = /^sops$/;

export const FORMATS: readonly FormatRow[] = [
  {
    name: 'yaml',
    endings: ['.yaml', '.yml'],
    marker: /\bmac: ["']?ENC\[/,
    contains: 'json',
    comments: true,
    severalDocuments: true,
    objects: true,
    reservedKeys: SOPS,
    indentSetting: 'yaml',
    load: async () => (await import('./yaml/yaml.js')).yamlStore,
  },
  {
    name: 'json',
    endings: ['.json'],
    marker: /"mac"\s*:\s*"ENC\[/,
    comments: false,
    objects: true,
    reservedKeys: SOPS,
    indentSetting: 'json',
    load: async () => (await import('./json/json.js')).jsonStore,
  },
  {
    name: 'dotenv',
    endings: ['.env'],
    beginnings: ['.env.'],
    marker: /^sops_mac=ENC\[/m,
    comments: true,
    variables: true,
    levels: 1,
    reservedKeys: /^sops_/,
    load: async () => (await import('./dotenv.js')).dotenvStore,
  },
  {
    name: 'ini',
    endings: ['.ini'],
    marker: /^\[sops\]/m,
    comments: true,
    levels: 2,
    reservedKeys: SOPS,
    load: async () => (await import('./ini/ini.js')).iniStore,
  },
  {
    name: 'toml',
    endings: [],
    ownEndings: ['.toml'],
    unknownToSops: true,
    marker: /^mac[ \t]*=[ \t]*["']ENC\[/m,
    alsoReadBy: ['ini'],
    comments: true,
    reservedKeys: SOPS,
    packages: ['toml-eslint-parser'],
    load: async () => (await import('./toml/toml.js')).openTomlStore(),
  },
  {
    name: 'binary',
    endings: [],
    container: 'json',
    whole: true,
    comments: false,
    reservedKeys: SOPS,
    indentSetting: 'jsonBinary',
    load: async () => (await import('./binary.js')).binaryStore,
  },
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
