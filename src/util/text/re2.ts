/** RE2 regular expressions, SOPS's dialect: Go's syntax, and linear time on hostile patterns. The engine is loaded at first use. */
import { SopsError } from '../../errors.js';
import { isError } from '../realms.js';

/** A compiled expression. */
export interface Re2 {
  /** Whether the expression matches anywhere in the text. */
  test(text: string): boolean;
}

/** Expressions of this run: many files have the same one, and compiling costs more than decrypting a small file. */
const COMPILED = new Map<string, Re2>();
const MOST_COMPILED = 32;

/** The engine itself, for what needs more than to know whether a text matches. */
export async function loadRe2(): Promise<typeof import('../../packages/re2js.js').RE2JS> {
  return (await import('../../packages/re2js.js')).RE2JS;
}

/**
 * An anchored list of plain names, as people write for Kubernetes (`^(data|stringData)$`): it means the same in every engine, and looking a
 * text up takes less than a hundredth of loading one.
 */
const NAMES = /^\^(?:\((?:\?:)?([\w-]+(?:\|[\w-]+)*)\)|([\w-]+))\$$/;

function namesOnly(pattern: string): Re2 | undefined {
  const found = NAMES.exec(pattern);
  const names = found && new Set((found[1] ?? found[2] ?? '').split('|'));
  return names ? { test: (text) => names.has(text) } : undefined;
}

/** Compiles an expression. Rejects with `config` and the engine's reason (it repeats the pattern, which is no secret). */
export async function compileRe2(pattern: string): Promise<Re2> {
  const known = COMPILED.get(pattern) ?? namesOnly(pattern);
  if (known) return known;
  const engine = await loadRe2();
  try {
    const compiled = engine.compile(pattern);
    if (COMPILED.size >= MOST_COMPILED) COMPILED.clear();
    COMPILED.set(pattern, compiled);
    return compiled;
  } catch (cause) {
    throw new SopsError('config', isError(cause) ? cause.message : String(cause), { cause });
  }
}
