#!/usr/bin/env node
/** Starts the command line program; everything it does is in main. CommonJS, since the loader of ES modules takes 15 ms to start. */
require('../dist/start.cjs').prepare();
const { main, processStreams } = require('../dist/sops-ts.cjs').cli_main;

// With a listener a file that grows beyond the size limit is a write error; without, the signal would end the process.
process.on('SIGXFSZ', () => undefined);
const streams = processStreams();
main(process.argv.slice(2), streams).then(streams.endWith);
