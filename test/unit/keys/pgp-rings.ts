/** Keyrings as GnuPG before 2.1 had them, made from the armored keys of the fixtures. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PrivateKey, readPrivateKey } from 'openpgp';
import { fixtureText } from './entries.js';

/** What GnuPG puts behind each packet of `pubring.gpg`; no other program knows what to do with it. */
const TRUST_PACKET = Buffer.from([0xb0, 2, 0, 0]);

/** A secret key of the fixtures. */
export function secretKey(name: string): Promise<PrivateKey> {
  return readPrivateKey({ armoredKey: fixtureText(`identities/${name}`) });
}

/** A folder to be `GNUPGHOME`; its path is short, since sockets may come to lie in it. */
export class GnupgHome {
  readonly path = mkdtempSync(join(tmpdir(), 'g-'));

  constructor() {
    chmodSync(this.path, 0o700);
  }

  /** Lays down `secring.gpg` and `pubring.gpg` with some keys. */
  static async with(keys: readonly PrivateKey[]): Promise<GnupgHome> {
    const home = new GnupgHome();
    home.write('secring.gpg', Buffer.concat(keys.map((key) => key.write())));
    home.write('pubring.gpg', Buffer.concat(keys.flatMap((key) => [key.toPublic().write(), TRUST_PACKET])));
    return home;
  }

  write(name: string, content: Uint8Array): void {
    writeFileSync(join(this.path, name), content);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
