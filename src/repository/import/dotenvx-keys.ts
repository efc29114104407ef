/** Where the private keys of dotenvx are looked for: in the environment, and in `.env.keys`. */
import { basename, dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { statOrThrow, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import type { FoundFile } from '../operands.js';
import type { DotenvxKey } from './dotenvx-value.js';
import { type EnvEntry, readEnvLines } from './env-lines.js';

const KEYS_NAME = '.env.keys';
const PRIVATE = 'DOTENV_PRIVATE_KEY';

/**
 * The private keys that may open a file, the most likely ones first: the variable that its public key or its name stands for, in the environment
 * and in the files of keys, and then all others of these files. A variable may hold several, separated by commas. Throws `key` for a
 * file that was named and cannot be read, and for a key that is not one.
 */
export async function dotenvxKeys(
  file: FoundFile,
  publicKey: EnvEntry | undefined,
  named: readonly string[],
  host: Session,
): Promise<DotenvxKey[]> {
  const variable = publicKey ? publicKey.name.replace('PUBLIC', 'PRIVATE') : variableFor(file.path);
  const paths =
    named.length > 0 ? named.map((path) => resolve(host.cwd, path)) : [join(dirname(file.absolute), KEYS_NAME)];
  const entries = paths.flatMap((path) => entriesOf(path, named.length > 0));
  const own = entries.filter(({ name }) => name === variable);
  const others = entries.filter(({ name }) => name !== variable);
  const given = host.env[variable];
  return [
    ...(given ? keysIn(given, variable, undefined) : []),
    ...[...own, ...others].flatMap(({ name, value, path }) => keysIn(value, name, path)),
  ];
}

/** `.env.production` → `DOTENV_PRIVATE_KEY_PRODUCTION`, `.env` → `DOTENV_PRIVATE_KEY`. */
function variableFor(path: string): string {
  const words = basename(path)
    .split('.')
    .filter((word) => word !== '' && word !== 'env');
  return [PRIVATE, ...words].join('_').toUpperCase().replaceAll(/\W/g, '_');
}

function entriesOf(path: string, isNamed: boolean): { name: string; value: string; path: string }[] {
  if (!isNamed && !statOrThrow(path)?.isFile()) return [];
  try {
    return readEnvLines(readFileSync(path)).flatMap((line) =>
      line.kind === 'entry' && line.name.startsWith(PRIVATE) ? [{ name: line.name, value: line.value, path }] : [],
    );
  } catch (cause) {
    const reason = cause instanceof SopsError ? cause.message : systemReason(cause);
    throw new SopsError('key', `cannot read the private keys: ${reason}`, { file: path, cause });
  }
}

function keysIn(text: string, name: string, path: string | undefined): DotenvxKey[] {
  return text.split(',').flatMap((part) => {
    const hex = part.trim();
    if (hex === '') return [];
    if (!/^[0-9a-f]{64}$/i.test(hex)) {
      throw new SopsError(
        'key',
        `${name} holds something that is not a private key: 64 hexadecimal digits are needed`,
        {
          ...(path === undefined ? {} : { file: path }),
          hint: 'Several are separated by commas.',
        },
      );
    }
    return [{ bytes: Buffer.from(hex, 'hex'), file: path }];
  });
}
