/** What there is for opening age files: the sources of identities in order, and plug-ins on PATH. */

import { delimiter, isAbsolute, join } from 'node:path';
import { findProgram } from '../../exec/find-program.js';
import { readdir, stat } from '../../util/files/fs-promises.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { absent, also, faulty, found, type KeyFinding } from '../finding.js';
import type { IdentityCandidate } from './identity-text.js';
import { type IdentitySource, identitySources } from './sources.js';

const PLUGIN_PREFIX = 'age-plugin-';

export async function examineAge(host: Host): Promise<KeyFinding[]> {
  const findings: KeyFinding[] = [];
  for (const source of identitySources(host)) append(findings, await examineSource(source, host));
  return [...findings, ...(await pluginsOnPath(host))];
}

async function examineSource(source: IdentitySource, host: Host): Promise<KeyFinding[]> {
  const { location } = source;
  const value = host.env[location];
  if (source.command) {
    return [value ? found(location, { detail: 'a command, run when a file needs it' }) : absent(location)];
  }
  const place = value && location !== 'SOPS_AGE_KEY' ? `${location} (${value})` : location;
  const result = await source.load('');
  if (result.state === 'absent') return [absent(place, { detail: result.error?.message })];
  if (result.state !== 'loaded') {
    // Nobody said that the SSH key in its usual place is meant for files.
    const isUsual = source.holds === 'ssh' && value === undefined;
    return [isUsual ? also(place, { detail: `not usable: ${result.error.message}` }) : faulty(place, result.error)];
  }
  if (result.candidates.length === 0) {
    return [{ state: 'faulty', what: place, detail: 'holds no identity', advice: 'sops-ts init makes an age key.' }];
  }
  const advice = await modeAdvice(value && location !== 'SOPS_AGE_KEY' ? value : location, host);
  return Promise.all(
    result.candidates.map((candidate, at) => describe(candidate, place, at === 0 ? advice : undefined, host)),
  );
}

async function describe(
  candidate: IdentityCandidate,
  place: string,
  advice: string | undefined,
  host: Host,
): Promise<KeyFinding> {
  switch (candidate.kind) {
    case 'quiet':
      return found(place, { detail: candidate.identity.recipient ?? 'a hybrid post-quantum identity', advice });
    case 'locked':
      return found(place, {
        detail: `${candidate.identity.recipient ?? 'an SSH key'}, asks for its passphrase`,
        advice,
      });
    case 'protected':
      return found(place, { detail: 'protected, asks for its passphrase', advice });
    case 'plugin':
      return describePlugin(candidate.name, place, host);
  }
}

async function describePlugin(name: string, place: string, host: Host): Promise<KeyFinding> {
  const program = `${PLUGIN_PREFIX}${name}`;
  const path = await findProgram(program, host);
  if (path) return found(place, { detail: `an identity of the plug-in ${program}, which is ${path}` });
  const advice = `Install ${program}, and see that it is on PATH.`;
  return {
    state: 'faulty',
    what: place,
    detail: `an identity of the plug-in ${program}, which is not on PATH`,
    advice,
  };
}

/** What to do about a file that others can read; undefined when all is well, or where modes mean nothing. */
async function modeAdvice(path: string, host: Host): Promise<string | undefined> {
  if (host.platform === 'win32') return undefined;
  const mode = await stat(resolve(host.cwd, path)).then(
    (stats) => (stats.isFile() ? stats.mode : 0),
    () => 0,
  );
  return (mode & 0o077) === 0 ? undefined : 'Others can read this file: chmod 600 it.';
}

async function pluginsOnPath(host: Host): Promise<KeyFinding[]> {
  const folders = (host.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  const names = new Map<string, string>();
  for (const folder of folders) {
    const entries = await readdir(folder).catch(() => []);
    for (const name of entries.filter((entry) => entry.startsWith(PLUGIN_PREFIX))) {
      if (!names.has(name)) names.set(name, join(folder, name));
    }
  }
  return [...names].map(([name, path]) => also(`plug-in ${name.slice(PLUGIN_PREFIX.length)}`, { detail: path }));
}
