#!/usr/bin/env node
/** Starts the plug-in of kustomize; everything it does is in pluginMain. Builds start it once per generator. */
require('../dist/start.cjs').prepare();
const { pluginMain, processStreams } = require('../dist/kustomize.cjs').cli_plugin;

process.on('SIGXFSZ', () => undefined);
const streams = processStreams();
pluginMain(process.argv.slice(2), streams).then((status) => {
  process.exitCode = status;
  // What the runtime tidies up takes two milliseconds. What waits for this turn, warnings for those who trace them, comes first.
  if (streams.areDone()) setImmediate(() => process.exit());
  // A connection to a key service that nobody waits for any more may last for minutes.
  setTimeout(() => process.exit(), 100).unref();
});
