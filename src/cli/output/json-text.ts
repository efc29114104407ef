/** What `--json` prints: one value, indented, on lines of its own. */

/** What JSON lets stand in texts, though a terminal may obey it or show it falsely. */
const UNSHOWABLE = /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with its line end; fields that are undefined are left out. Unshowable characters are escaped, which means the same. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(UNSHOWABLE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
