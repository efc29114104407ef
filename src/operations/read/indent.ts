/** How a file is printed: anew, with the indentation of the flag, or as it stands, with the configuration's for what is written anew. */

import type { Config } from '../../config/model.js';
import { formatNamed } from '../../formats/registry.js';
import type { Formats } from './input.js';

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
  formats: Pick<Formats, 'reader' | 'printer'> & Partial<Formats>,
): Indent {
  if (flag !== undefined) return { reprints: true, width: flag };
  return { reprints: formats.printsAnew ?? false, width: configured(config, formats) };
}

function configured(
  config: Config | null,
  { printer, reader }: Pick<Formats, 'reader' | 'printer'>,
): number | undefined {
  const { indentSetting, whole } = formatNamed(printer.name);
  if (!indentSetting || (whole && reader !== printer)) return undefined;
  return config?.stores[indentSetting];
}
