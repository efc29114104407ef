/** One start of an age plug-in, and the stanzas that go to and fro (C2SP age-plugin, "State machines"). */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { SopsError } from '../../../errors.js';
import { type StartedCall, startedCall } from '../../../exec/batch-file.js';
import { startIn } from '../../../exec/child-folder.js';
import { findProgram, stepForAbsent } from '../../../exec/find-program.js';
import { readLines } from '../../../exec/lines.js';
import { temporaryFolders } from '../../../exec/private-folder.js';
import { describeOutcome, type ProgramEnd, startReason } from '../../../exec/run-program.js';
import { serviceWords } from '../../../services/http/answer.js';
import type { Host } from '../../../util/host/host.js';
import { waitFor } from '../../../util/waiting/timeout.js';
import { readStanza, type Stanza, writeStanza } from '../format/header.js';
import { decodeRawBase64 } from '../format/raw-base64.js';

const FULL_LINE = 64;
const NO_BODY = new Uint8Array(0);

export type PluginMachine = 'recipient-v1' | 'identity-v1';

/** How long a plug-in may take to end when it is not needed any more. */
const GRACE_MILLISECONDS = 1000;
/** Of what it writes on its standard error, as much is kept. */
const MOST_SAID = 8192;
/** Shorter texts are parts of many words, so they are not masked. */
const SHORTEST_SECRET = 4;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a plug-in. Rejects with the system's reason, which Node throws (ENOMEM) or tells by an event. */
async function started(command: StartedCall, host: Host): Promise<Child> {
  const child = startIn(temporaryFolders(host)[0] ?? '/', (cwd) =>
    spawn(command.file, command.args, {
      cwd,
      env: command.env,
      windowsVerbatimArguments: command.windowsVerbatimArguments === true,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    }),
  );
  await once(child, 'spawn');
  return child;
}

/** A running plug-in. */
export class PluginSession {
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<ProgramEnd>;
  private said = Buffer.alloc(0);
  /** What it was told that no message may show. */
  private readonly secrets: string[] = [];

  private constructor(
    private readonly name: string,
    private readonly child: Child,
    private readonly host: Host,
  ) {
    this.lines = readLines(child.stdout);
    this.ended = new Promise((settle) => child.once('close', (status, signal) => settle({ status, signal })));
    // Somebody else's by now, it cannot be ended.
    child.on('error', () => {});
    child.stderr.on('data', (part: Buffer) => {
      this.said = Buffer.concat([this.said, part]).subarray(-MOST_SAID);
    });
    // A plug-in that ends early is noticed when its answer is missing.
    child.stdin.on('error', () => {});
  }

  /** Starts `age-plugin-<name>` from PATH, in a folder that is not the user's. Throws `key`. */
  static async start(name: string, machine: PluginMachine, host: Host): Promise<PluginSession> {
    const program = `age-plugin-${name}`;
    const failed = `${name} plugin: couldn't start plugin`;
    const file = await findProgram(program, host);
    if (file === null) {
      throw new SopsError('key', `${failed}: ${JSON.stringify(name)} plugin not found`, {
        hint: await stepForAbsent(program, host, `Install ${program} in a folder of PATH.`),
      });
    }
    const command = startedCall({ file, args: [`--age-plugin=${machine}`], env: host.env }, host.platform);
    const child = await started(command, host).catch((cause: unknown) => {
      const hint = `See that ${file} is a program of this system: ${program} --help.`;
      throw new SopsError('key', `${failed}: ${startReason(cause)}`, { hint, cause });
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
    const { child } = this;
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGINT');
    const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MILLISECONDS);
    await this.ended;
    clearTimeout(force);
  }

  /** Keeps a text that the plug-in knows out of messages. */
  hide(secret: string): void {
    this.secrets.push(secret);
  }

  /** An error of the plug-in, with what to do next, and with what it said for the detail. */
  failure(what: string, hint: string): SopsError {
    const said = this.shown(this.said.toString('utf8')).trim();
    return new SopsError('key', `${this.name} plugin: ${serviceWords(this.shown(what))}`, {
      hint,
      ...(said === '' ? {} : { detail: said.replace(/^/gm, `age-plugin-${this.name}: `) }),
    });
  }

  private shown(text: string): string {
    return this.secrets
      .filter(({ length }) => length >= SHORTEST_SECRET)
      .reduce((all, secret) => all.replaceAll(secret, '…'), text);
  }

  private wrongAnswer(what: string): SopsError {
    return this.failure(what, `See that the age-plugin-${this.name} on PATH is the age plug-in, and is up to date.`);
  }

  private async receive(): Promise<Stanza> {
    const first = await this.line();
    const body: string[] = [];
    do body.push(await this.line());
    while (body.at(-1)?.length === FULL_LINE);
    try {
      return readStanza(first, () => body.shift());
    } catch {
      throw this.wrongAnswer('it does not speak the plug-in protocol');
    }
  }

  private async line(): Promise<string> {
    const awaited = { who: `age-plugin-${this.name}`, telling: 'note' } as const;
    const { value, done } = await waitFor(awaited, this.host, () => this.lines.next());
    if (done !== true) return value;
    throw await this.endedEarly();
  }

  /** It may have closed its output only. */
  private async endedEarly(): Promise<SopsError> {
    const limit = setTimeout(() => {
      this.child.kill('SIGKILL');
      // What it started may hold that open.
      this.child.stderr.destroy();
    }, GRACE_MILLISECONDS);
    const end = await this.ended;
    clearTimeout(limit);
    const last = this.said.toString('utf8').trim().split('\n').at(-1);
    const reason = describeOutcome(end) + (last ? `: ${last.trim()}` : '');
    return this.failure(
      `it ended without an answer: ${reason}`,
      `age-plugin-${this.name} itself failed${last ? '' : ' and says nothing'}: see that what it needs (a token, a service) is there.`,
    );
  }

  private async answerUser(stanza: Stanza): Promise<void> {
    const text = Buffer.from(stanza.body).toString('utf8');
    if (stanza.type === 'msg') {
      this.host.warn(`${this.name} plugin: ${text}`);
      this.send('ok');
    } else if (stanza.type === 'request-secret' || stanza.type === 'request-public') {
      await this.sendAnswer(`${this.name} plugin: ${text}`, (answer) => {
        if (stanza.type === 'request-secret') this.hide(answer);
        this.send('ok', [], Buffer.from(answer));
      });
    } else if (stanza.type === 'confirm') {
      await this.confirm(text, stanza.args);
    } else {
      this.send('unsupported');
    }
  }

  private async confirm(text: string, args: readonly string[]): Promise<void> {
    const [yes, no] = args.map((arg) => decodeRawBase64(arg)?.toString('utf8'));
    if (yes === undefined || args.length > 2) throw this.wrongAnswer('malformed confirm stanza');
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
