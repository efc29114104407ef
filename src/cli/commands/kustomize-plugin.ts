/** `kustomize plugin`: the plug-in as a command, for configurations that name sops-ts itself. */
import { pluginMain } from '../plugin.js';
import { command } from './command.js';

export const kustomizePlugin = command({
  name: 'kustomize plugin',
  task: 'kubernetes',
  summary: 'be the plug-in of kustomize, as sops-ts-kustomize is, which starts faster',
  operands: '[config]',
  examples: ['sops-ts kustomize plugin generator.yaml', 'sops-ts kustomize plugin < resource-list.yaml'],
  flags: {},
  run: (_, { operands, streams }) => pluginMain(operands, streams),
});
