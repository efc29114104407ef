/** Asks a running gpg-agent for passphrases over its socket (Assuan protocol; docs/keys/age.md#passphrases). */
import { readlink, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { SopsError } from '../errors.js';
import { readLines } from '../exec/lines.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import { dial } from '../util/host/local-socket.js';
import { withDeadline } from '../util/waiting/deadline.js';
import { waitFor } from '../util/waiting/timeout.js';

export interface PassphraseRequest {
  /** What the agent remembers the passphrase by; 50 characters at most. */
  readonly cacheKey: string;
  /** The word before the input field, and the sentence above it. */
  readonly prompt: string;
  readonly description: string;
  /** Whether one was given that was wrong. */
  readonly isAgain?: boolean;
}

/** How long an agent may take to say that it is one. */
const GREETING_MILLISECONDS = 5000;

/** A connection to the agent. */
export class GpgAgent {
  private constructor(
    private readonly socket: Socket,
    private readonly lines: AsyncIterator<string>,
    private readonly host: Host,
  ) {}

  /** Connects to the user's agent; null when none answers. */
  static async connect(host: Host): Promise<GpgAgent | null> {
    const path = await socketPath(host);
    const socket = path === null ? null : await dial(path);
    if (socket === null) return null;
    const agent = new GpgAgent(socket, readLines(socket), host);
    try {
      await withDeadline(GREETING_MILLISECONDS, undefined, () => agent.readAnswer());
      return agent;
    } catch {
      agent.close();
      return null;
    }
  }

  /** The passphrase, which may be empty. Throws `key` when the agent or the user refuses, or takes too long. */
  async getPassphrase({ cacheKey, prompt, description, isAgain }: PassphraseRequest): Promise<string> {
    const options = await terminalOptions(this.host);
    const words = [cacheKey, isAgain ? 'Wrong passphrase' : '', prompt, description];
    const known = this.host.isUnattended ? '--no-ask ' : '';
    const question = `GET_PASSPHRASE ${known}${words.map((word) => escapeWord(word) || 'X').join(' ')}`;
    // A pinentry may have the whole terminal, and then is seen.
    const telling = options.some((option) => option.startsWith('ttyname=')) ? undefined : 'note';
    return waitFor({ who: 'gpg-agent', telling }, this.host, async () => {
      for (const option of options) await this.command(`OPTION ${option}`);
      return Buffer.from(await this.command(question), 'hex').toString('utf8');
    });
  }

  /** Makes the agent forget a passphrase. Throws `key`. */
  async clearPassphrase(cacheKey: string): Promise<void> {
    await this.command(`CLEAR_PASSPHRASE ${escapeWord(cacheKey)}`);
  }

  close(): void {
    this.socket.destroy();
  }

  private async command(line: string): Promise<string> {
    this.socket.write(`${line}\n`);
    return this.readAnswer();
  }

  /** What follows `OK`; lines of status are passed over. */
  private async readAnswer(): Promise<string> {
    for (;;) {
      const { value: line = '', done } = await this.lines.next();
      if (done === true) throw new SopsError('key', 'gpg-agent closed the connection');
      if (line.startsWith('OK')) return line.slice(2).trim();
      if (!line.startsWith('S ') && !line.startsWith('#')) throw new SopsError('key', `gpg-agent answered: ${line}`);
    }
  }
}

/** `GPG_AGENT_INFO` if it is set, even to nothing, else the standard places; `GNUPGHOME` does not count. */
export async function socketPath(host: Host): Promise<string | null> {
  const info = host.env.GPG_AGENT_INFO;
  if (info !== undefined) {
    // Behind the path are a number and a version; on Windows it begins with a drive.
    const named = host.platform === 'win32' ? info.replace(/:\d+:\d+$/, '') : info.split(':')[0];
    return named ? resolve(host.cwd, named) : null;
  }
  const home = host.platform === 'win32' ? host.env.USERPROFILE : host.env.HOME;
  const standard = home ? join(home, '.gnupg', 'S.gpg-agent') : null;
  if (standard !== null && (await isSocket(standard))) return standard;
  const runtime = host.env.XDG_RUNTIME_DIR;
  return runtime ? join(runtime, 'gnupg', 'S.gpg-agent') : standard;
}

async function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
}

/** Where the agent's pinentry may show itself. */
async function terminalOptions(host: Host): Promise<string[]> {
  const { DISPLAY: display, GPG_TTY: tty, TERM: term } = host.env;
  const terminal = tty || (await readlink('/proc/self/fd/0').catch(() => ''));
  return [
    ...(display ? [`display=${display}`] : []),
    ...(terminal.startsWith('/dev/') ? [`ttyname=${terminal}`] : []),
    ...(term ? [`ttytype=${term}`] : []),
  ];
}

/** As in the query of a URL, with `+` for a space. */
function escapeWord(word: string): string {
  const escaped = encodeURIComponent(word).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return escaped.replaceAll('%20', '+');
}
