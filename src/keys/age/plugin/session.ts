/** One start of an age plug-in, and the stanzas that go to and fro (C2SP age-plugin, "State machines"). */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { SopsError } from '../../../errors.js';
import { findProgram } from '../../../exec/find-program.js';
import { readLines } from '../../../exec/lines.js';
import type { Host } from '../../../util/host.js';
import { readStanza, type Stanza, writeStanza } from '../format/header.js';
import { decodeRawBase64 } from '../format/raw-base64.js';

const FULL_LINE = 64;
const NO_BODY = new Uint8Array(0);

export type PluginMachine = 'recipient-v1' | 'identity-v1';

/** A running plug-in. */
export class PluginSession {
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    private readonly host: Host,
  ) {
    this.lines = readLines(child.stdout);
    this.ended = new Promise((settle) => child.once('close', () => settle()));
    // A plug-in that ends early is noticed when its answer is missing.
    child.stdin.on('error', () => {});
  }

  /** Starts `age-plugin-<name>` from PATH, in a folder that is not the user's. Throws `key`. */
  static async start(name: string, machine: PluginMachine, host: Host): Promise<PluginSession> {
    const file = await findProgram(`age-plugin-${name}`, host);
    if (file === null) {
      throw new SopsError('key', `${name} plugin: couldn't start plugin: ${JSON.stringify(name)} plugin not found`, {
        hint: `Install age-plugin-${name} in a folder of PATH.`,
      });
    }
    const child = spawn(file, [`--age-plugin=${machine}`], {
      cwd: tmpdir(),
      env: { ...host.env },
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    await new Promise<void>((settle, reject) => {
      child.once('spawn', settle);
      child.once('error', (cause) => {
        reject(new SopsError('key', `${name} plugin: couldn't start plugin`, { cause }));
      });
    });
    return new PluginSession(name, child, host);
  }

  send(type: string, args: readonly string[] = [], body: Uint8Array = NO_BODY): void {
    this.child.stdin.write(Buffer.from(writeStanza({ type, args, body }), 'latin1'));
  }

  /**
   * The second phase: answers what the plug-in asks of the user, and hands every other stanza to `handle`, which says
   * whether it knows it. Ends when the plug-in is done. Throws `key`.
   */
  async converse(handle: (stanza: Stanza) => boolean): Promise<void> {
    for (;;) {
      const stanza = await this.receive();
      if (stanza.type === 'done') return;
      if (handle(stanza)) this.send('ok');
      else await this.answerUser(stanza);
    }
  }

  /** Ends the plug-in and waits until it is gone. */
  async close(): Promise<void> {
    this.child.stdin.end();
    this.child.stdout.destroy();
    this.child.kill('SIGINT');
    await this.ended;
  }

  failure(what: string): SopsError {
    return new SopsError('key', `${this.name} plugin: ${what}`);
  }

  private async receive(): Promise<Stanza> {
    const first = await this.line();
    const body: string[] = [];
    do body.push(await this.line());
    while (body.at(-1)?.length === FULL_LINE);
    try {
      return readStanza(first, () => body.shift());
    } catch {
      throw this.failure('it does not speak the plug-in protocol');
    }
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done === true) throw this.failure('it ended without an answer');
    return value;
  }

  private async answerUser(stanza: Stanza): Promise<void> {
    const text = Buffer.from(stanza.body).toString('utf8');
    if (stanza.type === 'msg') {
      this.host.warn(`${this.name} plugin: ${text}`);
      this.send('ok');
    } else if (stanza.type === 'request-secret' || stanza.type === 'request-public') {
      await this.sendAnswer(`${this.name} plugin: ${text}`, (answer) => this.send('ok', [], Buffer.from(answer)));
    } else if (stanza.type === 'confirm') {
      await this.confirm(text, stanza.args);
    } else {
      this.send('unsupported');
    }
  }

  private async confirm(text: string, args: readonly string[]): Promise<void> {
    const [yes, no] = args.map((arg) => decodeRawBase64(arg)?.toString('utf8'));
    if (yes === undefined || args.length > 2) throw this.failure('malformed confirm stanza');
    if (no === undefined) {
      await this.sendAnswer(`${this.name} plugin: ${text} (press Enter for "${yes}")`, () => this.send('ok', ['yes']));
      return;
    }
    const question = `${this.name} plugin: ${text} ("${yes}" or "${no}", y/n)`;
    await this.sendAnswer(question, (answer) => {
      const chosen = [yes.toLowerCase(), 'y', 'yes'].includes(answer.trim().toLowerCase());
      this.send('ok', [chosen ? 'yes' : 'no']);
    });
  }

  private async sendAnswer(question: string, send: (answer: string) => void): Promise<void> {
    const answer = await this.host.askSecret(question).catch(() => null);
    if (answer === null) this.send('fail');
    else send(answer);
  }
}
