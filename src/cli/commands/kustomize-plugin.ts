/** `kustomize plugin`: the plug-in as a command, for configurations that name sops-ts itself. */
import { pluginMain } from '../plugin.js';
import type { Command } from './command.js';

export const kustomizePlugin: Command = {
  run: ({ operands, streams }) => pluginMain(operands, streams),
};
