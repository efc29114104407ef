/** Sources of age identities that the caller of the library gives, beside or in place of this machine's. */
import type { Host, Session } from '../../util/host/host.js';
import { type GivenIdentities, givenIdentities } from '../given-identities.js';
import { readIdentities } from './identity-content.js';
import { type IdentitySource, identitySources, readOrExplain, source } from './sources.js';

/** All sources of a run, what was given first. */
export function sourcesWithGiven(host: Session): IdentitySource[] {
  const given = givenIdentities(host);
  if (!given) return identitySources(host);
  const own = givenSources(given, host);
  return given.only ? own : [...own, ...identitySources(host)];
}

function givenSources({ age, ageFiles }: GivenIdentities, host: Host): IdentitySource[] {
  const texts = age.map((text, at) => {
    const location = age.length === 1 ? 'identities.age' : `identities.age[${at}]`;
    return givenSource(location, host, async () => Buffer.from(text));
  });
  const files = ageFiles.map((path) => givenSource(path, host, () => readOrExplain(path, 'failed to open file', host)));
  return [...texts, ...files];
}

/** Identities of age, or a private key of SSH, told by how it begins. */
function givenSource(location: string, host: Host, read: () => Promise<Buffer>): IdentitySource {
  return source({
    location,
    holds: 'identities',
    read,
    parse: async (content) => {
      const isSsh = /^-----BEGIN (?!AGE)/.test(content.toString('latin1', 0, 32));
      if (!isSsh) return readIdentities(location, content, true, host);
      return [await (await import('./ssh/key-file.js')).readKeyFile(content, location, host)];
    },
  });
}
