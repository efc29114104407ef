/** `import ansible-vault`: files that Ansible Vault has encrypted, whole or value by value (docs/import.md#ansible-vault). */
import { extname } from 'node:path';
import type { FormatStore } from '../../formats/store.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { sourcesByContent } from './find-sources.js';
import type { ImportKind, ImportSettings, ImportSource, OpenedImport } from './source.js';
import { targetName } from './target.js';
import { VaultPasswords } from './vault-passwords.js';
import { readVaultText, VAULT_MARK } from './vault-text.js';
import { hasVaultValues, noPasswordOpens, openVaultValues, type VaultOpener } from './vault-values.js';
import { wholeContent } from './whole-content.js';

/** Files of variables and tasks; others that show such values (a README) do not count. */
const ENDINGS: ReadonlySet<string> = new Set(['', '.yml', '.yaml', '.json']);

export function ansibleVaultKind(settings: ImportSettings): ImportKind {
  const described = 'a file with anything that Ansible Vault has encrypted';
  let passwords: VaultPasswords | undefined;
  return {
    described,
    leftInHistory: 'what the vault password opens',
    next: () => [
      'Ansible reads the targets with the collection community.sops: its vars plugin takes *.sops.yml in group_vars and host_vars',
    ],
    targetName: (name) => targetName(name, 'sops'),
    find: (files, host) => sourcesByContent(files, { described, recognises }, host),
    open(source, store, host) {
      passwords ??= new VaultPasswords(settings.keys, host);
      return openSource(source, store, new Opener(passwords));
    },
  };
}

function recognises(bytes: Buffer, { path, isNamed }: { readonly path: string; readonly isNamed: boolean }): boolean {
  if (isWhole(bytes)) return true;
  return (isNamed || ENDINGS.has(extname(path).toLowerCase())) && hasVaultValues(bytes);
}

function isWhole(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, VAULT_MARK.length)).toString('latin1') === VAULT_MARK;
}

/** Opens the texts of one file, and knows which files of passwords did. */
class Opener {
  readonly used = new Set<string>();

  constructor(private readonly passwords: VaultPasswords) {}

  open: VaultOpener = async (vault) => {
    const opened = await this.passwords.open(vault);
    if (opened?.password.file !== undefined) this.used.add(opened.password.file);
    return opened?.plaintext ?? null;
  };
}

async function openSource({ bytes }: ImportSource, store: FormatStore, opener: Opener): Promise<OpenedImport> {
  if (!isWhole(bytes)) {
    const values = await openVaultValues(bytes, store, opener.open);
    return { ...values, keyFiles: [...opener.used] };
  }
  const vault = readVaultText(decodeText(bytes), 1);
  const plaintext = await opener.open(vault);
  if (!plaintext) {
    const label = vault.label === undefined ? 'no vault id' : `vault id ${oneLine(vault.label)}`;
    throw noPasswordOpens(`the file (${label})`);
  }
  const inner = hasVaultValues(plaintext) ? await openVaultValues(plaintext, store, opener.open) : undefined;
  const content = await wholeContent(inner?.plaintext ?? plaintext, store);
  return { ...content, keyFiles: [...opener.used] };
}
