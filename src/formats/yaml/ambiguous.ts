/** Plain texts that go-yaml v3 reads as strings and some other reader of YAML 1.1 or 1.2 as a number, a time or a key word. */

const OTHER_READINGS: readonly RegExp[] = [
  // Integers of YAML 1.1 with its underscores, and octals of 1.2.
  /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/,
  // Floats: a point with or without digits around it, or an exponent (YAML 1.1 wants its sign, 1.2 does not).
  /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?(?:[0-9][0-9_]*)?[eE][-+]?[0-9]+$/,
  // Numbers to base 60.
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  // Dates and times.
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt \t])/,
  // The default value and the merge key, types of their own in YAML 1.1.
  /^(?:=|<<)$/,
];

/** Whether a text without quotes is not a string for some reader. Asked for texts of one line; linear. */
export function isAmbiguous(text: string): boolean {
  return /^[-+.=<0-9eE]/.test(text) && OTHER_READINGS.some((pattern) => pattern.test(text));
}
