/** Where paths of Vault are mounted, and with which engine: told by flags, else by the first step of the path. */
import { isGenerated, isMadeByWriting } from '../../services/vault/engines.js';
import { withoutSurrounding } from '../../util/text/trim.js';
import { usage } from '../stores/settings.js';

export type KvVersion = '1' | '2';
export type Capability = 'read' | 'list' | 'update';

interface Mount {
  readonly path: string;
  readonly engine: KvVersion | 'dynamic';
}

const ENGINES = ['1', '2', 'dynamic'] as const;

/** A path of the API, and what a role does there. */
export interface VaultAccess {
  readonly path: string;
  readonly capabilities: readonly Capability[];
}

export class VaultMounts {
  readonly #mounts: readonly Mount[];
  readonly #version: KvVersion;

  /** `texts`: PATH, or PATH=ENGINE. Throws `usage`. */
  constructor(texts: readonly string[], version: KvVersion) {
    this.#version = version;
    this.#mounts = texts.map((text) => {
      const [path = '', engine, ...more] = text.split('=');
      const known = engine === undefined ? version : ENGINES.find((one) => one === engine);
      const place = withoutSurrounding(path, '/');
      if (known && place !== '' && more.length === 0) return { path: place, engine: known };
      throw usage(
        `--mount ${JSON.stringify(text)} is not of the form PATH or PATH=ENGINE`,
        'ENGINE is 1, 2 or dynamic.',
      );
    });
  }

  /** What reading the secret at a place, as `vault kv get` has it, needs; undefined when it names no more than a mount. */
  access(place: string): VaultAccess | undefined {
    const mount = this.#mountOf(place);
    if (!mount) return undefined;
    if (mount.engine === 'dynamic') return { path: place, capabilities: [isMadeByWriting(place) ? 'update' : 'read'] };
    return { path: kvPath(mount.path, place.slice(mount.path.length + 1), mount.engine), capabilities: ['read'] };
  }

  #mountOf(place: string): Mount | undefined {
    const known = this.#mounts
      .filter(({ path }) => place.startsWith(`${path}/`))
      .sort((one, other) => other.path.length - one.path.length)[0];
    if (known) return known;
    const slash = place.indexOf('/');
    if (slash < 0) return undefined;
    return { path: place.slice(0, slash), engine: isGenerated(place) ? 'dynamic' : this.#version };
  }
}

/** The path of the API for a secret of key and value. */
export function kvPath(mount: string, path: string, version: KvVersion, part: 'data' | 'metadata' = 'data'): string {
  return version === '2' ? `${mount}/${part}/${path}` : `${mount}/${path}`;
}
