#!/usr/bin/env node
/** Starts the plug-in of kustomize; everything it does is in pluginMain. Builds start it once per generator. */
require('../dist/start.cjs').prepare();
const { pluginMain, processStreams } = require('../dist/kustomize.cjs').cli_plugin;

process.on('SIGXFSZ', () => undefined);
const streams = processStreams();
pluginMain(process.argv.slice(2), streams).then(streams.endWith);
