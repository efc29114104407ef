/** Identity files that are themselves age files, protected by a passphrase (docs/keys/age.md#passphrases). */
import { createHash } from 'node:crypto';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { GpgAgent } from '../gpg-agent.js';
import { decodeArmor } from './format/armor.js';
import { type AgeIdentity, openAgeFile } from './format/file.js';
import type { AgeHeader } from './format/header.js';
import { parseNativeIdentities } from './identity-text.js';
import { askPassphrase, openWithPassphrase } from './passphrase.js';
import { passphraseIdentity } from './passphrase-identity.js';

const MAX_LENGTH = 16 * 1024 * 1024;
const ARMOR = '-----BEGIN AGE';
/** 25 bytes are 40 characters of Base32, so that with the name before it the key stays below gpg-agent's limit of 50. */
const HASHED_BYTES = 25;

/** A protected identity file; its passphrase is asked for when its turn comes, and a good one remembered. */
export class ProtectedFile implements AgeIdentity {
  /** What gpg-agent knows it by; the same for the same file, wherever it was found. */
  readonly cacheKey: string;
  private readonly file: Buffer;
  private identities: Promise<readonly AgeIdentity[]> | undefined;

  /** `location` is the variable or path it came from, for messages. Throws `key` for one that cannot be read. */
  constructor(
    content: Buffer,
    private readonly location: string,
    private readonly host: Host,
  ) {
    if (content.length >= MAX_LENGTH) throw new SopsError('key', 'file too long');
    this.file =
      content.toString('latin1', 0, ARMOR.length) === ARMOR ? decodeArmor(content.toString('latin1')) : content;
    const hash = createHash('sha256').update(this.file).digest().subarray(0, HASHED_BYTES);
    this.cacheKey = `SopsAge${encodeBase32(hash)}`;
  }

  async unwrap(header: AgeHeader): Promise<Uint8Array | null> {
    this.identities ??= this.open();
    for (const identity of await this.identities) {
      const fileKey = await identity.unwrap(header);
      if (fileKey !== null) return fileKey;
    }
    return null;
  }

  private async open(): Promise<readonly AgeIdentity[]> {
    const content = await openAgeFile(this.file, (header) => this.unwrapSelf(header));
    return parseNativeIdentities(content.toString('utf8'));
  }

  private async unwrapSelf(header: AgeHeader): Promise<Uint8Array> {
    if (header.stanzas.length !== 1 || header.stanzas[0]?.type !== 'scrypt') {
      throw new SopsError('key', `the identity file '${this.location}' is not encrypted with a passphrase`);
    }
    const open = async (passphrase: string): Promise<Uint8Array | null> => {
      const fileKey = passphrase === '' ? null : await passphraseIdentity(passphrase).unwrap(header);
      if (fileKey === null) await this.forgetPassphrase();
      return fileKey;
    };
    return openWithPassphrase(`'${this.location}'`, (isAgain) => this.askPassphrase(isAgain), open);
  }

  private async askPassphrase(isAgain: boolean): Promise<string> {
    const question = `Enter passphrase for identity '${this.location}':`;
    const agent = await GpgAgent.connect(this.host);
    if (agent === null) return askPassphrase(question, isAgain, this.host);
    try {
      const request = { cacheKey: this.cacheKey, prompt: 'Passphrase', description: question, isAgain };
      return await agent.getPassphrase(request);
    } catch (cause) {
      const reason = isError(cause) ? cause.message : String(cause);
      throw new SopsError('key', `gpg-agent passphrase request errored: ${reason}`, {
        hint: 'Run it again, or where gpg-agent can ask: with GPG_TTY=$(tty), or on a desktop.',
        cause,
      });
    } finally {
      agent.close();
    }
  }

  /** So that the agent asks anew next time; an agent that does not is no reason to fail in another way. */
  private async forgetPassphrase(): Promise<void> {
    const agent = await GpgAgent.connect(this.host);
    await agent?.clearPassphrase(this.cacheKey).catch(() => {});
    agent?.close();
  }
}

/** Base32 (RFC 4648 section 6) of a whole number of groups of five bytes, which need no padding. */
function encodeBase32(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((group) => alphabet[Number.parseInt(group, 2)]).join('');
}
