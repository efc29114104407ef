/** `ref+envsubst://…`: variables of the environment, in a text as a shell has them. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import type { BackendKind } from '../backend.js';
import { yamlValues } from '../yaml-values.js';

const VARIABLE = /\$(?:(\w+)|\{(\w+)(?:(:?[-=+])([^{}]*))?\}|(\$))/g;

export const environment: BackendKind = {
  open: (_, { host }) => ({
    text: async (path) => substituted(path, host),
    values: async (path) => yamlValues(substituted(path, host), 'the variable'),
  }),
};

/** `$NAME`, `${NAME}`, and the shell's forms `${NAME:-text}`, `${NAME-text}`, `${NAME:=text}`, `${NAME:+text}`; what is unset is empty, as in vals. */
function substituted(path: string, { env }: Host): string {
  const text = path.replace(/\/$/, '').trim();
  if (/\$\{[^}]*$/.test(text)) throw new SopsError('reference-malformed', 'a brace is not closed');
  return text.replaceAll(
    VARIABLE,
    (_, plain?: string, braced?: string, operator?: string, other = '', dollar?: string) => {
      if (dollar) return '$';
      const value = env[plain ?? braced ?? ''];
      const isThere = operator?.startsWith(':') ? Boolean(value) : value !== undefined;
      if (operator?.endsWith('+')) return isThere ? other : '';
      return isThere || operator === undefined ? (value ?? '') : other;
    },
  );
}
