/** Encryption contexts as versions of SOPS before 3.3.0 sent them: with one entry's value for all entries. */

type Context = ReadonlyMap<string, string>;

/** Contexts of more values are not from files: AWS takes 8 KB, and each value costs a request. */
const MOST_VALUES = 16;

/**
 * What such a version may have sent for a context: every value of it, for all its names. Nothing when that is the context
 * itself, having one value only.
 */
export function oldContextsOf(context: Context): Context[] {
  const values = [...new Set(context.values())];
  if (values.length < 2 || values.length > MOST_VALUES) return [];
  return values.map((value) => new Map([...context.keys()].map((name) => [name, value])));
}
