/** The formats: one row each. A new format is one file or folder and one row. */
import type { FormatStore } from './store.js';

/** The names of the formats, as in `--input-type`. */
export type FormatName = (typeof ROWS)[number]['name'];

/** What a format is called and what it can; what else there is to it is in its store. */
export type FormatRow = RowOf<FormatName>;

/** How the lines of a text look that was surely encrypted before it broke; all that is given must be so. */
export interface SealedShape {
  /** The first line. */
  readonly first?: RegExp;
  /** The line that opens the metadata, and such as all lines after it are. */
  readonly opening?: RegExp;
  readonly following?: RegExp;
  /** Some line. */
  readonly some?: RegExp;
  /** The last line. */
  readonly last?: RegExp;
}

interface RowOf<Name extends string> {
  readonly name: Name;
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
  readonly alsoReadBy?: readonly Name[];
  /** The format whose texts this one reads as well, being wider. */
  readonly contains?: Name;
  /** The format of its ciphertext, where that is another. */
  readonly container?: Name;
  /** When it is tried on a file whose name tells nothing: narrower formats before those that take more texts. */
  readonly turn: number;
  /** How its encrypted texts look, even broken ones. Absent where its container has it. */
  readonly sealedShape?: SealedShape;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  /** Whether a file is one value, which has no keys to choose by. */
  readonly whole?: boolean;
  /** Whether it has comments. */
  readonly comments: boolean;
  /** Whether the comment above an entry stands after it in the tree, as SOPS has it there. */
  readonly commentsFollow?: boolean;
  /** Whether a file may hold several documents. */
  readonly severalDocuments?: boolean;
  /** How texts of several files can stand one after another: as documents of one stream, or each on a line. Absent where they cannot. */
  readonly joined?: 'documents' | 'lines';
  /** Whether its texts are YAML, which a check has read by another reader, too. */
  readonly secondReading?: boolean;
  /** Whether Kubernetes objects are written in it. */
  readonly objects?: boolean;
  /** Whether programs load files of it into their environment, a variable for each key. */
  readonly variables?: boolean;
  /** How many levels of keys it has, where that is limited. */
  readonly levels?: number;
  /**
   * Whether collecting garbage more often saves much memory with large files: so with formats of lines, where one object for each line is
   * nearly all that stays in memory.
   */
  readonly keepsHeapSmall?: boolean;
  /** The keys at the top that are the metadata's. */
  readonly reservedKeys: RegExp;
  /** Which setting of `.sops.yaml` has the indentation, if it has any. */
  readonly indentSetting?: 'yaml' | 'json' | 'jsonBinary';
  load(): Promise<FormatStore>;
}

const SOPS = /^sops$/;

/** A comment, section or entry, and what stands in the quoted text of many lines that a wrapped key is. */
const INI_LINE = /^[;#]|^\[|^[^=:\s]+\s*[=:]|^"""|^-----|^[A-Za-z0-9+/=]+\s*$/;

const ROWS = [
  {
    name: 'yaml',
    endings: ['.yaml', '.yml'],
    marker: /\bmac: ["']?ENC\[/,
    contains: 'json',
    turn: 3,
    sealedShape: { opening: /^["']?sops["']?:\s*$/, following: /^\s|^- |^#|^\.\.\.$|^---$/ },
    comments: true,
    severalDocuments: true,
    joined: 'documents',
    secondReading: true,
    objects: true,
    reservedKeys: SOPS,
    indentSetting: 'yaml',
    load: async () => (await import('./yaml/yaml.js')).yamlStore,
  },
  {
    name: 'json',
    endings: ['.json'],
    marker: /"mac"\s*:\s*"ENC\[/,
    turn: 2,
    sealedShape: { first: /^\s*\{/ },
    comments: false,
    joined: 'lines',
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
    turn: 4,
    sealedShape: { last: /^sops_/ },
    comments: true,
    variables: true,
    levels: 1,
    keepsHeapSmall: true,
    reservedKeys: /^sops_/,
    load: async () => (await import('./dotenv.js')).dotenvStore,
  },
  {
    name: 'ini',
    endings: ['.ini'],
    marker: /^\[sops\]/m,
    turn: 6,
    sealedShape: { opening: /^\[sops\]\s*$/, following: INI_LINE },
    comments: true,
    commentsFollow: true,
    levels: 2,
    keepsHeapSmall: true,
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
    turn: 5,
    // Its metadata has such lines, and that of INI has not.
    sealedShape: { opening: /^\[sops\]\s*$/, following: INI_LINE, some: /^mac = "ENC\[|^\[\[sops\./ },
    comments: true,
    reservedKeys: SOPS,
    packages: ['toml-eslint-parser'],
    load: async () => (await import('./toml/toml.js')).openTomlStore(),
  },
  {
    name: 'binary',
    endings: [],
    container: 'json',
    turn: 1,
    whole: true,
    comments: false,
    reservedKeys: SOPS,
    indentSetting: 'jsonBinary',
    load: async () => (await import('./binary.js')).binaryStore,
  },
] as const satisfies readonly RowOf<string>[];

export const FORMATS: readonly FormatRow[] = ROWS;

let also = (): readonly FormatRow[] => [];

/** Looks up further formats, after those that there are, where somebody plugs some in (plugged.ts). */
export function lookUpAlso(rows: () => readonly FormatRow[]): void {
  also = rows;
}

/** The format of a file name as SOPS has it: by its ending, `binary` when none fits. */
export function formatOfName(fileName: string): FormatRow {
  const found = FORMATS.find((row) => row.endings.some((ending) => fileName.endsWith(ending)));
  return found ?? formatNamed('binary');
}

/** The format that people mean by a file name: as {@link formatOfName}, where that says nothing by how the name begins. */
export function formatMeantBy(fileName: string): FormatRow {
  const row = formatOfName(fileName);
  if (row.endings.length > 0) return row;
  const own = [...FORMATS, ...also()].find(({ ownEndings }) => ownEndings?.some((ending) => fileName.endsWith(ending)));
  if (own) return own;
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  return FORMATS.find(({ beginnings }) => beginnings?.some((beginning) => name.startsWith(beginning))) ?? row;
}

/** The row of a format. */
export function formatNamed(name: string): FormatRow {
  const found = [...FORMATS, ...also()].find((row) => row.name === name);
  if (!found) throw new TypeError(`no format is called ${name}`);
  return found;
}

/** Whether all values of a format are texts, so that its plaintext does not show what else they are: those of so few levels of keys. */
export function holdsTextsAlone(name: string): boolean {
  return formatNamed(name).levels !== undefined;
}
