/** Which indentation is asked for, if any: the flag's, else the configuration's for the format. */
import type { Config } from '../config/model.js';
import type { FormatStore } from '../formats/store.js';

/**
 * The indentation for printing, undefined when nobody asks for one and the text can stay. The JSON around an
 * encrypted binary file has a setting of its own.
 */
export function indentOf(
  flag: number | undefined,
  config: Config | null,
  printer: FormatStore,
  reader: FormatStore,
): number | undefined {
  if (flag !== undefined) return flag;
  const stores = config?.stores;
  if (printer.name === 'yaml') return stores?.yaml;
  if (printer.name === 'json') return stores?.json;
  return printer.name === 'binary' && reader === printer ? stores?.jsonBinary : undefined;
}
