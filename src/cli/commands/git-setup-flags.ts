/** What the commands that set git up have in common: their flags, and the request that these make. */
import { delimiter, sep } from 'node:path';
import { findProgram } from '../../exec/find-program.js';
import type { SetupRequest, StartWords } from '../../git/place.js';
import type { Session } from '../../util/host/host.js';
import { launchTarget } from '../start/own-process.js';
import { flag } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import type { Context } from './command.js';
import { generalFlags } from './shared-flags.js';

export const setupFlags = {
  global: flag.yesNo('global', 'in your own settings, for all of your repositories, without hooks'),
  local: flag.yesNo('local', 'change nothing that is committed: info/attributes in place of .gitattributes'),
  ...generalFlags,
};

interface SetupFlags {
  readonly global: boolean;
  readonly local: boolean;
  readonly replace?: boolean;
}

/** Throws `usage`. */
export async function setupRequest(
  name: string,
  { global, local, replace = false }: SetupFlags,
  { operands, host }: Context,
): Promise<SetupRequest> {
  if (operands.length > 0) throw new UsageError(`${name} takes no words, but works where it is called`, name);
  if (global && local) throw new UsageError('--global and --local exclude each other', name);
  return { isGlobal: global, isPrivate: local, replaces: replace, start: await startWords(host) };
}

/** What npm and npx put before PATH is there for the time of one call. */
async function startWords(host: Session): Promise<StartWords> {
  const lasting = (host.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes(`${sep}node_modules${sep}.bin`));
  const found = await findProgram('sops-ts', host.fork({ env: { ...host.env, PATH: lasting.join(delimiter) } }));
  return found !== null ? { isOnPath: true } : { isOnPath: false, ...launchTarget('sops-ts.js') };
}
