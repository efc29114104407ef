/** The formats: one row each. A new format is one file and one row. */
import type { FormatName, FormatStore } from './store.js';

export interface FormatRow {
  readonly name: FormatName;
  /** File name endings that choose it, case-sensitive (spec command-line.md section 1.12). */
  readonly endings: readonly string[];
  load(): Promise<FormatStore>;
}

export const FORMATS: readonly FormatRow[] = [
  { name: 'yaml', endings: ['.yaml', '.yml'], load: async () => (await import('./yaml/yaml.js')).yamlStore },
  { name: 'json', endings: ['.json'], load: async () => (await import('./json/json.js')).jsonStore },
  { name: 'dotenv', endings: ['.env'], load: async () => (await import('./dotenv.js')).dotenvStore },
  { name: 'ini', endings: ['.ini'], load: async () => (await import('./ini/ini.js')).iniStore },
  { name: 'binary', endings: [], load: async () => (await import('./binary.js')).binaryStore },
];

/** The format of a file name: by its ending, `binary` when none fits. */
export function formatOfName(fileName: string): FormatRow {
  const found = FORMATS.find((row) => row.endings.some((ending) => fileName.endsWith(ending)));
  return found ?? formatNamed('binary');
}

/** The row of a format. */
export function formatNamed(name: FormatName): FormatRow {
  const found = FORMATS.find((row) => row.name === name);
  if (!found) throw new TypeError(`no format is called ${name}`);
  return found;
}
