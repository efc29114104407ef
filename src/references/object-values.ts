/** Values for objects of a build and the files that they are made of: one reading of each secret for all of them. */
import type { FormatStore } from '../formats/store.js';
import { referenceTrail } from '../run/reference-trail.js';
import type { Branch } from '../tree/tree.js';
import type { Session } from '../util/host/host.js';
import { resolveDocuments } from './documents.js';
import { plainBytes } from './evaluate.js';
import { grantsFor } from './grants.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Resolver } from './resolver.js';

/** Relative paths begin at the working directory, the root of the kustomization, as those of the configuration do. */
export class ObjectValues {
  readonly #leases: LeaseKeeper;
  readonly #resolver: Resolver;

  constructor(host: Session) {
    this.#leases = new LeaseKeeper(host);
    this.#resolver = new Resolver({
      host,
      folder: host.cwd,
      allowed: new Set(),
      grants: grantsFor(undefined, undefined, host),
      leases: this.#leases,
      note: referenceTrail(host),
    });
  }

  inFile(bytes: Uint8Array, store: FormatStore): Promise<Uint8Array> {
    return plainBytes({ bytes, store }, this.#resolver);
  }

  inText(text: string): Promise<string> {
    return this.#resolver.text(text);
  }

  inObjects(roots: readonly Branch[]): Promise<void> {
    return resolveDocuments(roots, this.#resolver);
  }

  /** Gives back what was lent; when it failed, all of it, since nothing comes out. */
  async close(failed: boolean): Promise<void> {
    const unnoted = (await this.#leases.noted()).find((result) => result.status === 'rejected');
    if (failed || unnoted) await this.#leases.close();
    else await this.#leases.leave();
    if (unnoted && !failed) throw unnoted.reason;
  }
}
