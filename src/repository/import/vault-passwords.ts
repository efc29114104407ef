/** The passwords of Ansible Vault: of files, of programs, of the environment, or asked for (docs/import.md#ansible-vault). */
import { basename, extname } from 'node:path';
import { SopsError } from '../../errors.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import { statOrThrow, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { waitFor } from '../../util/waiting/timeout.js';
import { openVaultText, type VaultText } from './vault-text.js';

export interface VaultPassword {
  readonly label: string;
  readonly bytes: Uint8Array;
  /** The file that it stands in, absolute; undefined for what a program or a person said. */
  readonly file: string | undefined;
}

/** Ansible's name for a password without one. */
const NO_LABEL = 'default';
const PROMPTS: ReadonlySet<string> = new Set(['prompt', 'prompt_ask_vault_pass']);
const PASSWORD_VARIABLE = 'ANSIBLE_VAULT_PASSWORD_FILE';
const LIST_VARIABLE = 'ANSIBLE_VAULT_IDENTITY_LIST';
/** How often is asked for a password that opens a text. */
const TRIES = 3;
const EXECUTABLE = 0o111;

/** The passwords of one run, each got once. */
export class VaultPasswords {
  readonly #ids: readonly string[];
  readonly #host: Session;
  #got: Promise<VaultPassword[]> | undefined;

  /** The ids are `label@source`, or a source alone, as `--vault-id` of Ansible takes them. */
  constructor(ids: readonly string[], host: Session) {
    this.#ids = [...ids, ...idsOf(host)];
    this.#host = host;
  }

  /**
   * The plaintext and the password that opened it, those of the text's own label first; null when none does. Without any source the
   * user is asked. Throws `key` for a source that gives none.
   */
  async open(vault: VaultText): Promise<{ plaintext: Buffer; password: VaultPassword } | null> {
    this.#got ??= this.#read();
    const all = await this.#got;
    const own = all.filter(({ label }) => label === vault.label);
    for (const password of [...own, ...all.filter(({ label }) => label !== vault.label)]) {
      const plaintext = await openVaultText(vault, password.bytes);
      if (plaintext) return { plaintext, password };
    }
    return this.#ids.length === 0 ? this.#ask(vault, all) : null;
  }

  /** The labels of what was tried, for messages. */
  async labels(): Promise<string[]> {
    return [...new Set((await this.#got)?.map(({ label }) => label))];
  }

  async #read(): Promise<VaultPassword[]> {
    const all: VaultPassword[] = [];
    for (const id of this.#ids) all.push(await passwordOf(id, this.#host));
    return all;
  }

  /** A good answer is kept for the texts to come. */
  async #ask(vault: VaultText, all: VaultPassword[]) {
    const name = vault.label === undefined ? '' : ` (${oneLine(vault.label)})`;
    for (let tried = 0; tried < TRIES; tried++) {
      const again = tried === 0 ? '' : 'That does not open it. ';
      const password = await ask(`${again}Vault password${name}:`, vault.label ?? NO_LABEL, this.#host);
      const plaintext = await openVaultText(vault, password.bytes);
      if (!plaintext) continue;
      all.push(password);
      return { plaintext, password };
    }
    return null;
  }
}

function idsOf({ env }: Session): string[] {
  const listed = (env[LIST_VARIABLE] ?? '').split(',').map((id) => id.trim());
  const file = env[PASSWORD_VARIABLE];
  return [...listed.filter((id) => id !== ''), ...(file ? [`${NO_LABEL}@${file}`] : [])];
}

async function passwordOf(id: string, host: Session): Promise<VaultPassword> {
  const at = id.indexOf('@');
  const label = at < 0 ? NO_LABEL : id.slice(0, at) || NO_LABEL;
  const source = id.slice(at + 1);
  if (PROMPTS.has(source)) return ask(`Vault password (${oneLine(label)}):`, label, host);
  const path = resolve(host.cwd, source);
  const stats = statOrThrow(path);
  if (!stats?.isFile()) throw noPassword(source, stats ? 'it is not a file' : 'there is no such file');
  if (host.platform !== 'win32' && (stats.mode & EXECUTABLE) !== 0) {
    return { label, bytes: checked(await outputOf(path, label, host), source), file: undefined };
  }
  try {
    return { label, bytes: checked(readFileSync(path), source), file: path };
  } catch (cause) {
    throw cause instanceof SopsError ? cause : noPassword(source, systemReason(cause), cause);
  }
}

/** A program whose name ends in `-client` is told which password is wanted, as Ansible has it. */
async function outputOf(path: string, label: string, host: Session): Promise<Buffer> {
  const isClient = basename(path, extname(path)).endsWith('-client');
  const args = isClient ? ['--vault-id', label] : [];
  const outcome = await waitFor({ who: basename(path), telling: 'note' }, host, (signal) =>
    runProgram({ file: path, args, signal }, host).catch((cause: unknown) => {
      throw noPassword(path, `it could not be started: ${startReason(cause)}`, cause);
    }),
  );
  if (outcome.status !== 0) throw noPassword(path, `the program ended with ${describeOutcome(outcome)}`);
  return outcome.stdout;
}

async function ask(prompt: string, label: string, host: Session): Promise<VaultPassword> {
  try {
    return { label, bytes: stripped(Buffer.from(await host.askSecret(prompt))), file: undefined };
  } catch (cause) {
    throw new SopsError('key', 'no vault password is given, and there is no terminal to ask on', {
      hint: `Name its file with --vault-password-file or --vault-id LABEL@FILE, or in ${PASSWORD_VARIABLE}.`,
      cause,
    });
  }
}

function checked(bytes: Buffer, source: string): Uint8Array {
  const password = stripped(bytes);
  if (password.length === 0) throw noPassword(source, 'it holds nothing');
  return password;
}

/** Ansible takes white space away at both ends. */
function stripped(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes
      .toString('latin1')
      .replace(/^[\t-\r ]+/, '')
      .trimEnd(),
    'latin1',
  );
}

function noPassword(source: string, reason: string, cause?: unknown): SopsError {
  return new SopsError('key', `no vault password from ${oneLine(source)}: ${reason}`, {
    hint: 'A file holds the password, or is a program that prints it.',
    cause,
  });
}
