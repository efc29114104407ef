/** Which indentation holds for a file: the flag's, which prints it anew, or the configuration's, for what is written anew. */
import type { Config } from '../config/model.js';
import type { FormatStore } from '../formats/store.js';

/** The indentation of one file, in the terms of `--indent`. */
export interface Indent {
  /** Whether the whole text is to be printed with it; otherwise the author's text stays. */
  readonly reprints: boolean;
  /** Undefined for SOPS's default of the format. */
  readonly width: number | undefined;
}

/** The JSON around an encrypted binary file has a setting of its own. */
export function indentOf(
  flag: number | undefined,
  config: Config | null,
  printer: FormatStore,
  reader: FormatStore,
): Indent {
  if (flag !== undefined) return { reprints: true, width: flag };
  return { reprints: false, width: configured(config, printer, reader) };
}

function configured(config: Config | null, printer: FormatStore, reader: FormatStore): number | undefined {
  const stores = config?.stores;
  if (printer.name === 'yaml') return stores?.yaml;
  if (printer.name === 'json') return stores?.json;
  return printer.name === 'binary' && reader === printer ? stores?.jsonBinary : undefined;
}
