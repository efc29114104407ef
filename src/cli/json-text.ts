/** What `--json` prints: one value, indented, on lines of its own. */

/** The text with its line end. Fields that are undefined are left out; JSON escapes control characters by itself. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
