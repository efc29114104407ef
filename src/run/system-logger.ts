/** Lines into a local socket that takes datagrams, which Node cannot send there: by logger(1) of util-linux (docs/audit-log.md#a-system-log). */
import { SopsError } from '../errors.js';
import { describeOutcome, runProgram } from '../exec/run-program.js';
import { constants } from '../util/files/fs.js';
import { access } from '../util/files/fs-promises.js';
import type { Host } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';

/** Those of the system: whoever is audited chooses the PATH. The last is NixOS's. */
const PLACES = ['/usr/bin/logger', '/bin/logger', '/run/current-system/sw/bin/logger'];
/** Names of files are up to 4096 bytes long, of which each is 6 where it is escaped. */
const LONGEST = 65_000;
const TIMEOUT_MS = 5000;

export interface LoggerLine {
  /** Of the socket. */
  readonly path: string;
  readonly facility: string;
  readonly process: number;
  readonly line: string;
}

/** The program's path. Throws SopsError. */
export async function systemLogger(): Promise<string> {
  for (const place of PLACES) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  throw new SopsError('failed', `it takes datagrams, and logger(1) is not there to send them (${PLACES.join(', ')})`);
}

/** Throws SopsError when the line was not sent. It has no variables of the user, who could have another library loaded by them. */
export async function logThroughLogger({ path, facility, process, line }: LoggerLine, host: Host): Promise<void> {
  const file = await systemLogger();
  const message = ['--rfc5424=notq', `--id=${process}`, '--tag', 'sops-ts', '--msgid', 'audit'];
  const sent = ['--priority', `${facility}.notice`, '--size', String(LONGEST)];
  const ended = await runProgram(
    {
      file,
      args: ['--socket', path, '--socket-errors=on', ...message, ...sent],
      input: Buffer.from(`${line}\n`),
      cwd: '/',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
    sessionOf(host).fork({ env: { LC_ALL: 'C' } }),
  );
  // Not every failure to send is in its exit status.
  if (ended.status === 0 && ended.stderr.length === 0) return;
  const [told = ''] = ended.stderr.toString('utf8').trim().split('\n');
  throw new SopsError('failed', `${file}: ${told || describeOutcome(ended)}`);
}
