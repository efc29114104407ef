/** Messages about a reference whose address holds what another one gave: that is a value, and belongs into no message. */
import { SopsError } from '../errors.js';

const MARK = '…';
/** Shorter ones are taken for a value only where they stand as words: everything else would be unreadable. */
const SHORTEST = 4;
const WORD = String.raw`[\p{L}\p{N}]`;

/** The text without the values, also as parts of paths, and as addresses, JSON and hosts write them. */
export function concealed(text: string, values: readonly string[]): string {
  const forms = [...new Set(values.flatMap(formsOf))].filter((form) => form.trim() !== '');
  if (forms.length === 0) return text;
  const patterns = forms.sort((one, other) => other.length - one.length).map(patternOf);
  return text.replaceAll(new RegExp(patterns.join('|'), 'giu'), MARK);
}

/** The same error in words without them; what caused it may quote them, too, and is left out. */
export function concealedError(error: SopsError, values: readonly string[]): SopsError {
  if (values.length === 0) return error;
  const { code, message, file, path, hint } = error;
  return new SopsError(code, concealed(message, values), {
    ...(file === undefined ? {} : { file }),
    ...(path === undefined ? {} : { path }),
    ...(hint === undefined ? {} : { hint: concealed(hint, values) }),
  });
}

/** Stores say paths without doubled slashes, and name parts of them alone. */
function formsOf(value: string): string[] {
  const parts = value.split(/[\s/?#&=]+/u).filter((part) => part.length >= SHORTEST);
  return [value, value.trim(), ...parts].flatMap((form) => [form, addressed(form), JSON.stringify(form).slice(1, -1)]);
}

function addressed(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

function patternOf(form: string): string {
  const literal = form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return form.length < SHORTEST ? `(?<!${WORD})${literal}(?!${WORD})` : literal;
}
