#!/usr/bin/env node
/** Starts the command line program; everything it does is in main. */
import { main, processStreams } from '../dist/main.js';

// With a listener a file that grows beyond the size limit is a write error; without, the signal would end the process.
process.on('SIGXFSZ', () => undefined);
process.exitCode = await main(process.argv.slice(2), processStreams());
