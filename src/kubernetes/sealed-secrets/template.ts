/** The simple part of `spec.template.data`: texts with values in them. Functions and conditions are left to the controller. */

const ACTION = /\{\{([^{}]*)\}\}/;
const FIELD = /^\s*(?:\.([A-Za-z_]\w*)|index \. "([-._a-zA-Z0-9]+)")\s*$/;
/** What Go's templates print for a key that is not there. */
const MISSING = '<no value>';

/** The text with `{{ .key }}` and `{{ index . "key" }}` replaced; null when it holds anything else of a template. */
export function renderTemplate(text: string, values: ReadonlyMap<string, Uint8Array>): Uint8Array | null {
  const parts: Uint8Array[] = [];
  let rest = text;
  for (let found = ACTION.exec(rest); found; found = ACTION.exec(rest)) {
    const [action, inside = ''] = found;
    const [, plain, indexed] = FIELD.exec(inside) ?? [];
    const value = values.get(plain ?? indexed ?? '') ?? (plain === undefined ? null : Buffer.from(MISSING));
    if (!value) return null;
    parts.push(Buffer.from(rest.slice(0, found.index)), value);
    rest = rest.slice(found.index + action.length);
  }
  if (rest.includes('{{')) return null;
  return Buffer.concat([...parts, Buffer.from(rest)]);
}
