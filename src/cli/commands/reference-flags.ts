/** Flags about references: what they may read, and which are left as they are. */
import type { Input } from '../../operations/requests.js';
import type { ReferencesRequest } from '../../references/evaluate.js';
import { flag, type Values } from '../flag.js';
import { readAll } from '../streams.js';
import type { Context } from './command.js';

export const allowRefFlag = {
  allowRef: flag.list('allow-ref', {
    value: 'SCHEMES',
    help: 'let references in files run programs (exec), read the environment (envsubst) or other places (vault, file …); all for all',
  }),
};

export const excludeSecretFlag = {
  excludeSecret: flag.yesNo('exclude-secret', 'leave secretref+… as it is'),
};

export const referenceFileFlag = {
  file: flag.text('file', { value: 'FILE', help: 'the file; - for standard input', offers: 'files' }, { short: 'f' }),
};

export function referencesRequest(
  given: Values<typeof allowRefFlag> & Partial<Values<typeof excludeSecretFlag>>,
): ReferencesRequest {
  const allowed = given.allowRef.flatMap((schemes) => schemes.split(',')).filter((scheme) => scheme !== '');
  return { allowed, onlyPlain: given.excludeSecret ?? false };
}

/** The file of `-f`, or the operand; without either, and for `-`, standard input. */
export function referencesInput({ file }: Values<typeof referenceFileFlag>, { operands, streams }: Context): Input {
  const path = file ?? operands[0] ?? '-';
  return path === '-' ? { kind: 'stdin', read: () => readAll(streams.stdin) } : { kind: 'file', path };
}
