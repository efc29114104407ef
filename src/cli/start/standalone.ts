/**
 * The executable: one file that needs no Node. By the name that it is called by, or after the word `as`, it is sops-ts, `sops`, `vals`, or
 * the plug-in of kustomize (docs/executable.md).
 */
import { main, processStreams } from '../main.js';
import { personalityOf } from './personality.js';

/** The plug-in's own name, and the one of the program whose place it takes. */
const PLUGIN_NAMES: ReadonlySet<string> = new Set(['sops-ts-kustomize', 'ksops']);

async function start(): Promise<void> {
  const { name, words } = personalityOf(process.argv0, process.argv.slice(2), process.platform);
  // With a listener a file that grows beyond the size limit is a write error; without, the signal would end the process.
  process.on('SIGXFSZ', () => undefined);
  const streams = processStreams(name);
  const run = PLUGIN_NAMES.has(name) ? (await import('../plugin.js')).pluginMain : main;
  streams.endWith(await run(words, streams));
}

void start();
