/** `keyservice`: serves the keys of this machine to others until it is told to stop. */
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { SopsError } from '../../errors.js';
import { type KeyServer, type ServeOptions, serveKeys } from '../../keyservice/server.js';
import { openReadingRun } from '../../run/run.js';
import { statOf } from '../../util/files/files.js';
import type { Host, Log } from '../../util/host/host.js';
import { printable } from '../output/report.js';
import { Questions } from '../terminal/questions.js';
import { say } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import { command } from './command.js';
import { configFlag, generalFlags } from './shared-flags.js';

const DEFAULT_NETWORK = 'tcp';
const DEFAULT_ADDRESS = '127.0.0.1:5000';

const flags = {
  network: flag.text(
    'network',
    { value: 'NET', help: 'listen on tcp (the default) or unix', offers: ['tcp', 'unix'] },
    { short: 'net' },
  ),
  address: flag.text(
    'address',
    { value: 'ADDRESS', help: 'HOST:PORT (127.0.0.1:5000 by default), or the path of a socket' },
    { short: 'addr' },
  ),
  prompt: flag.yesNo('prompt', 'ask before each use of a key', { ownBehind: false }),
  ...configFlag,
  ...generalFlags,
};

export const keyservice = command({
  name: 'keyservice',
  task: 'setup',
  summary: 'serve the keys of this machine to others, until it is told to stop',
  operands: '',
  examples: ['sops-ts keyservice --network unix --address /tmp/sops.sock --prompt'],
  flags,
  async run(given, context) {
    const { operands, host, streams } = context;
    if (operands.length > 0) host.warn(`keyservice takes no file; ${operands.join(' ')} has no effect.`);
    const questions = new Questions(streams);
    const server = await listenPrivately(await optionsOf(given, host, questions));
    try {
      const listening = `Listening on ${server.uri}`;
      if (host.log) tell(host.log, listening);
      else say(streams.stderr, `${listening}\n`);
      if (server.socket === undefined) warnOfClients(server.uri, host);
      else warnOfFolder(dirname(server.socket), host);
      const signal = await endOfService();
      if (host.log) tell(host.log, `Caught signal ${signal}: shutting down.`);
      return 0;
    } finally {
      await server.close();
      await questions.close();
    }
  },
});

async function optionsOf(given: Values<typeof flags>, host: Host, questions: Questions): Promise<ServeOptions> {
  const { log } = host;
  // Only for the addresses that the rules of the configuration name.
  const run = await openReadingRun({ configPath: given.config }, host);
  return {
    network: given.network ?? DEFAULT_NETWORK,
    address: given.address ?? DEFAULT_ADDRESS,
    // What a client names counts as what a file names: only the server's own user can name whom to trust.
    // Nor may a client have the user asked to trust more.
    host: () => run.fork({ confirm: undefined }),
    ...(given.prompt ? { approve: approval(questions, host) } : {}),
    ...(log ? { log: (line: string) => tell(log, line) } : {}),
  };
}

/** Asks the user; when nobody can answer any more, every request is refused. */
function approval(questions: Questions, host: Host): (question: string) => Promise<boolean> {
  let isOver = false;
  return async (question) => {
    if (isOver) return false;
    try {
      return await questions.confirm(`\n${printable(question)}`);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      isOver = true;
      host.warn('standard input has ended, so requests are refused from now on');
      return false;
    }
  };
}

function tell(log: Log, message: string): void {
  log({ component: 'KEYSERVICE', level: 'info', message });
}

/** A socket gets its mode once it is there, and until then has what the umask leaves it. */
async function listenPrivately(options: ServeOptions): Promise<KeyServer> {
  if (options.network !== 'unix' || !isMainThread) return serveKeys(options);
  const before = process.umask(0o177);
  return serveKeys(options).finally(() => process.umask(before));
}

/** The socket is for its owner alone, but there are systems that do not look at a socket's mode; at a folder's all do. */
function warnOfFolder(folder: string, host: Host): void {
  const mode = statOf(folder)?.mode ?? 0;
  if (host.platform === 'win32' || (mode & OTHERS) === 0) return;
  host.warn(
    `others can reach into ${folder}: the socket itself is for you alone (mode 0600), ` +
      'which some systems do not heed; a folder of mode 0700 is safe everywhere',
  );
}

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** The protocol knows neither encryption nor passwords. */
function warnOfClients(uri: string, host: Host): void {
  const { protocol, hostname } = new URL(uri);
  if (protocol !== 'tcp:' || /^(?:127\.[\d.]+|\[::1\]|localhost)$/.test(hostname)) return;
  host.warn('everyone who can reach this address can use your keys, and the data keys pass unencrypted');
}

/** What the log calls the signals that end the service, as Go does. */
const SIGNALS = { SIGINT: 'interrupt', SIGTERM: 'terminated' } as const;

/** Resolves when the user or the system asks to end (Ctrl+C, `kill`), to what the signal is called. */
function endOfService(): Promise<string> {
  return new Promise((settle) => {
    const end = (signal: keyof typeof SIGNALS): void => {
      process.off('SIGINT', end).off('SIGTERM', end);
      settle(SIGNALS[signal]);
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
}
