/** All identities of the user, tried on one age file at a time: first what costs nothing, last what asks for a passphrase. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';
import type { SourceReport } from './failure.js';
import { decodeArmor } from './format/armor.js';
import { type AgeIdentity, openBody } from './format/file.js';
import { type AgeHeader, readHeader } from './format/header.js';
import type { IdentityCandidate } from './identity-text.js';
import { type IdentitySource, identitySources, type SourceResult } from './sources.js';

/** What is being done, before the reason why it fails. */
const OPENING = 'failed to create reader for decrypting sops data key with age';

/** The kinds that are not tried at once, in the order in which they are. */
const DEAR_KINDS = ['locked', 'plugin', 'protected'] as const;

/** A file key, and what gave it. */
interface Unwrapped {
  readonly fileKey: Uint8Array;
  readonly identity: AgeIdentity;
}

export class Keyring {
  private readonly loaded = new Map<string, Promise<SourceResult>>();
  private readonly protectedFiles = new Map<string, AgeIdentity>();
  private readonly openers = new Map<string, AgeIdentity>();

  constructor(
    private readonly host: Host,
    private readonly sources: readonly IdentitySource[] = identitySources(host),
  ) {}

  /**
   * Decrypts an armored age file from an entry that names that recipient. Throws `key` with the reason, what was wrong
   * with sources of identities, and where else they could have been.
   */
  async open(armored: string, recipient: string): Promise<Buffer> {
    const file = await opening(async () => decodeArmor(armored));
    const header = await opening(async () => readHeader(file));
    const { fileKey, identity } = await this.unwrap(header, recipient);
    this.openers.set(armored, identity);
    return opening(() => openBody(file, header, fileKey));
  }

  /** The recipient of the identity that opened an age file, as far as it tells. */
  openerOf(armored: string): string | undefined {
    return this.openers.get(armored)?.recipient;
  }

  /** Whether an identity of the user, other than one that a command prints, names a plug-in. */
  async namesPlugin(name: string): Promise<boolean> {
    for (const source of this.sources) {
      if (source.holds === 'ssh' || source.command) continue;
      const candidates = await this.candidatesOf(source, '');
      if (candidates.some((candidate) => candidate.kind === 'plugin' && candidate.name === name)) return true;
    }
    return false;
  }

  private async unwrap(header: AgeHeader, recipient: string): Promise<Unwrapped> {
    const errors: SopsError[] = [];
    const dear: IdentityCandidate[] = [];
    for (const source of this.sourcesFor(header)) {
      for (const candidate of await this.candidatesOf(source, recipient)) {
        if (candidate.kind !== 'quiet') dear.push(candidate);
        else {
          const { identity } = candidate;
          const fileKey = await tryIdentity(identity, header, errors);
          if (fileKey !== null) return { fileKey, identity };
        }
      }
    }
    for (const kind of DEAR_KINDS) {
      for await (const identity of this.dearIdentities(dear, kind)) {
        const fileKey = await tryIdentity(identity, header, errors);
        if (fileKey !== null) return { fileKey, identity };
      }
    }
    const reports = await this.report(recipient);
    throw (await import('./failure.js')).describeFailure({ doing: OPENING, reports, errors, recipient });
  }

  /** Files before commands; SSH keys only for a file that has a stanza for one. */
  private sourcesFor(header: AgeHeader): IdentitySource[] {
    const hasSshStanza = header.stanzas.some((stanza) => stanza.type.startsWith('ssh-'));
    const useful = this.sources.filter((source) => source.holds === 'identities' || hasSshStanza);
    return [...useful.filter((source) => !source.command), ...useful.filter((source) => source.command)];
  }

  private async *dearIdentities(
    candidates: readonly IdentityCandidate[],
    kind: (typeof DEAR_KINDS)[number],
  ): AsyncGenerator<AgeIdentity> {
    const plugins = new Map<string, string[]>();
    for (const candidate of candidates) {
      if (candidate.kind !== kind) continue;
      if (candidate.kind === 'plugin') {
        plugins.set(candidate.name, [...(plugins.get(candidate.name) ?? []), candidate.text]);
      } else if (candidate.kind === 'protected') {
        yield this.knownProtectedFile(candidate.identity);
      } else if (candidate.kind === 'locked') {
        yield candidate.identity;
      }
    }
    for (const [name, texts] of plugins) {
      yield (await import('./plugin/plugin.js')).pluginIdentity(name, texts, this.host);
    }
  }

  /** A protected file asks for its passphrase once, even if two sources hold it or a command prints it again. */
  private knownProtectedFile(file: AgeIdentity & { readonly cacheKey: string }): AgeIdentity {
    const known = this.protectedFiles.get(file.cacheKey) ?? file;
    this.protectedFiles.set(file.cacheKey, known);
    return known;
  }

  private async candidatesOf(source: IdentitySource, recipient: string): Promise<readonly IdentityCandidate[]> {
    const result = await this.load(source, recipient);
    return result.state === 'loaded' ? result.candidates : [];
  }

  private load(source: IdentitySource, recipient: string): Promise<SourceResult> {
    const name = source.command ? `${source.location} ${recipient}` : source.location;
    const result = this.loaded.get(name) ?? source.load(recipient);
    this.loaded.set(name, result);
    return result;
  }

  private async report(recipient: string): Promise<SourceReport[]> {
    const reports: SourceReport[] = [];
    for (const source of this.sources) reports.push({ source, result: await this.load(source, recipient) });
    return reports;
  }
}

/** The file key, or null; an identity that fails must not keep the others from being tried. */
async function tryIdentity(identity: AgeIdentity, header: AgeHeader, errors: SopsError[]): Promise<Uint8Array | null> {
  try {
    return await identity.unwrap(header);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    errors.push(error);
    return null;
  }
}

/** Says what was being done when the file itself is at fault. */
async function opening<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('key', `${OPENING}: ${error.message}`, {
      hint: DAMAGED_ENTRY,
      cause: error,
    });
  }
}
