/** From the text of a selection rule to the scope a walk goes by. */
import { SopsError } from '../errors.js';
import type { EncryptionScope } from '../tree/scope.js';
import { isError } from '../util/realms.js';
import { compileRe2 } from '../util/text/re2.js';
import { DEFAULT_SELECTION, type SelectionRule } from './metadata.js';

/** What a scope is for: an expression that does not compile is refused when encrypting and never matches when reading. */
export type ScopeUse = 'encrypt' | 'read';

/**
 * The scope of a rule; null is SOPS's default. The expression engine is loaded for the four regex rules only.
 * Rejects with `config` for an invalid expression when encrypting: SOPS would encrypt nothing, or everything
 * (docs/format.md#d9-invalid-regular-expressions).
 */
export async function scopeOf(selection: SelectionRule | null, use: ScopeUse): Promise<EncryptionScope> {
  const { option, text } = selection ?? DEFAULT_SELECTION;
  if (option === 'unencrypted_suffix' || option === 'encrypted_suffix') return { rule: option, suffix: text };
  try {
    return { rule: option, pattern: await compileRe2(text) };
  } catch (cause) {
    if (use === 'read' && cause instanceof SopsError) return { rule: option, pattern: { test: () => false } };
    const reason = isError(cause) ? cause.message : String(cause);
    throw new SopsError('config', `${option} is not a valid regular expression: ${reason}`, {
      hint: 'Expressions are in RE2 syntax, which has no look-around and no back-references.',
      cause,
    });
  }
}
