/** The plug-in of kustomize as a program of its own, in the place of ksops: from words and streams to an exit status (docs/kubernetes/ksops.md#modes). */
import { readSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isatty } from 'node:tty';
import { SopsError } from '../errors.js';
import { MIRROR, MIRRORED } from '../kubernetes/kustomize/mirror-variables.js';
import { failureText, type PluginOutcome, runKrm, runLegacy } from '../kubernetes/kustomize/plugin-run.js';
import { isBelow } from '../kubernetes/kustomize/sources.js';
import { systemCode } from '../util/files/files.js';
import type { AuditLog, Session } from '../util/host/host.js';
import { withAudit } from './audit.js';
import { createHost } from './host.js';
import { openValues } from './object-values.js';
import { printable, reportOf } from './output/report.js';
import { exactStreams, print, readAll, type Streams, say } from './terminal/streams.js';

export { processStreams, type Streams } from './terminal/streams.js';

const FAILED = 1;
const STDIN = 0;
const USAGE = `sops-ts-kustomize: a generator and transformer of kustomize for files that SOPS encrypted; takes the place of ksops.

  kustomize build --enable-alpha-plugins --enable-exec DIR

By hand:
  KRM function:      sops-ts-kustomize < resource-list.yaml
  legacy plug-in:    sops-ts-kustomize generator.yaml
  install itself:    sops-ts-kustomize install [--with-kustomize] DIR
See also: sops-ts kustomize --help
`;

/** Runs the plug-in. `words` are the arguments without the program's name. Returns the exit status; never throws. */
export async function pluginMain(words: readonly string[], ownStreams: Streams): Promise<number> {
  const streams = await exactStreams(ownStreams);
  try {
    return await withAudit(streams, (audit) => choose(words, streams, audit));
  } catch (error) {
    say(streams.stderr, reportOf(error, false).text);
    return FAILED;
  }
}

async function choose(words: readonly string[], streams: Streams, audit: AuditLog | undefined): Promise<number> {
  const [word, ...more] = words;
  if (word === 'install') {
    const { runInstall } = await import('./plugin-install.js');
    return runInstall(more, streams);
  }
  if (word === '--help' || word === '-h') {
    await print(streams, USAGE);
    return 0;
  }
  if (more.length > 0 || (word === undefined && isTerminal(streams))) {
    say(streams.stderr, USAGE);
    return FAILED;
  }
  const host = hostOf(streams, audit);
  // By hand nothing need end standard input; kustomize, which gives a legacy transformer its objects there, says who it is.
  const hasInput = word === undefined || streams.env.KUSTOMIZE_PLUGIN_CONFIG_ROOT !== undefined;
  const read = async () => (hasInput ? readInput(streams) : new Uint8Array());
  const outcome =
    word === undefined ? await runKrm(await read(), host, openValues) : await runLegacy(word, read, host, openValues);
  return finish(outcome, word === undefined ? 'krm' : 'legacy', streams);
}

/** The run's host; in the copy that `kustomize build` makes, with the working directory that it is a copy of. */
function hostOf(streams: Streams, audit: AuditLog | undefined): Session {
  const host = createHost(streams, audit);
  const { [MIRROR]: mirror, [MIRRORED]: source } = streams.env;
  if (!mirror || !source || !isBelow(streams.cwd, mirror)) return host;
  const cwd = join(source, relative(mirror, streams.cwd));
  return host.fork({ cwd });
}

/** The output comes whole or, for runners that show results, with the reason; standard error has it in any case. */
async function finish({ stdout, error }: PluginOutcome, form: 'krm' | 'legacy', streams: Streams): Promise<number> {
  if (stdout !== '') await print(streams, stdout);
  if (error === undefined) return 0;
  if (!(error instanceof SopsError)) throw error;
  const lines = failureText(error, form).replace(/\n$/, '').split('\n');
  say(streams.stderr, lines.map((line) => `${printable(line)}\n`).join(''));
  return FAILED;
}

function isTerminal({ stdin, areOwn }: Streams): boolean {
  return areOwn ? isatty(STDIN) : (stdin as { isTTY?: boolean }).isTTY === true;
}

/** Standard input, without making a stream for it where that is possible: that costs as much as decrypting a file. */
async function readInput(streams: Streams): Promise<Uint8Array> {
  if (!streams.areOwn) return readAll(streams.stdin);
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    try {
      const length = readSync(STDIN, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
    } catch (error) {
      if (systemCode(error) === 'EOF') return Buffer.concat(chunks);
      if (systemCode(error) === 'EAGAIN') return Buffer.concat([...chunks, await readAll(streams.stdin)]);
      throw new SopsError('input-unreadable', 'standard input cannot be read', { cause: error });
    }
  }
}
