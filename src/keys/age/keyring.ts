/** All identities of the user, tried on one age file at a time, cheapest first. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { openFile } from './file.js';
import type { AgeHeader } from './header.js';
import { identitySources, type Source, type SourceResult } from './sources.js';

export class Keyring {
  private readonly sources: readonly Source[];
  private readonly loaded = new Map<Source, Promise<SourceResult>>();

  constructor(host: Host) {
    this.sources = identitySources(host);
  }

  /** Decrypts a binary age file whose entry names that recipient. Throws `key` with the reason and where keys were looked for. */
  async open(file: Uint8Array, recipient: string): Promise<Buffer> {
    return openFile(file, (header) => this.unwrap(header, recipient));
  }

  private async unwrap(header: AgeHeader, recipient: string): Promise<Uint8Array> {
    for (const source of this.sources) {
      const result = await this.load(source, recipient);
      if (result.state !== 'loaded') continue;
      for (const candidate of result.candidates) {
        const fileKey = await candidate.identity.unwrap(header);
        if (fileKey !== null) return fileKey;
      }
    }
    throw new SopsError('key', 'no identity matched any of the recipients');
  }

  private load(source: Source, recipient: string): Promise<SourceResult> {
    const known = this.loaded.get(source) ?? source.load(recipient);
    this.loaded.set(source, known);
    return known;
  }
}
