/** How a file is printed: anew, with the indentation of the flag, or as it stands, with the configuration's for what is written anew. */

import type { Config } from '../config/model.js';
import { formatNamed } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';

/** The indentation of one file, in the terms of `--indent`. */
export interface Indent {
  /** Whether the whole text is to be printed with it; otherwise the author's text stays. */
  readonly reprints: boolean;
  /** Undefined for SOPS's default of the format. */
  readonly width: number | undefined;
}

/** In which formats a file is read and printed. */
export interface Printing {
  readonly reader: FormatStore;
  readonly printer: FormatStore;
  /** Whether the text must not stay as it is. */
  readonly printsAnew?: boolean;
}

/** The JSON around an encrypted binary file has a setting of its own. */
export function indentOf(flag: number | undefined, config: Config | null, formats: Printing): Indent {
  if (flag !== undefined) return { reprints: true, width: flag };
  return { reprints: formats.printsAnew ?? false, width: configured(config, formats) };
}

function configured(config: Config | null, { printer, reader }: Printing): number | undefined {
  const { indentSetting, whole } = formatNamed(printer.name);
  if (!indentSetting || (whole && reader !== printer)) return undefined;
  return config?.stores[indentSetting];
}
