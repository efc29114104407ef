/** The blocks of a PEM text (RFC 7468), found in linear time. */

export interface PemBlock {
  /** What is between `-----BEGIN ` and the dashes after it. */
  readonly label: string;
  /** The whole block, with both its lines. */
  readonly text: string;
}

const BEGIN = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;

/** The blocks in order; one that does not end does not count. */
export function* pemBlocks(text: string): Generator<PemBlock> {
  const endless = new Set<string>();
  let at = 0;
  for (const { 0: begin, 1: label = '', index } of text.matchAll(BEGIN)) {
    // A label whose end was not found after an earlier place has none after a later one.
    if (index < at || endless.has(label)) continue;
    const line = `-----END ${label}-----`;
    const end = text.indexOf(line, index + begin.length);
    if (end < 0) endless.add(label);
    else {
      at = end + line.length;
      yield { label, text: text.slice(index, at) };
    }
  }
}
