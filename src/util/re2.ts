/** RE2 regular expressions, SOPS's dialect: Go's syntax, and linear time on hostile patterns. The engine is loaded at first use. */
import { SopsError } from '../errors.js';

/** A compiled expression. */
export interface Re2 {
  /** Whether the expression matches anywhere in the text. */
  test(text: string): boolean;
}

/** Compiles an expression. Rejects with `config` and the engine's reason (it repeats the pattern, which is no secret). */
export async function compileRe2(pattern: string): Promise<Re2> {
  const { RE2JS } = await import('re2js');
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new SopsError('config', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
