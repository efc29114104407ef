/** Help texts of the commands for Kubernetes. */
import type { Task } from './task.js';

export const KUBERNETES: Task = {
  title: 'Kubernetes',
  families: { kustomize: 'manifests for kustomize, and the plug-in that takes the place of ksops' },
  commands: [
    {
      name: 'kustomize plugin',
      operands: '[config]',
      summary: 'be the plug-in of kustomize, as sops-ts-kustomize is, which starts faster',
      examples: ['sops-ts kustomize plugin generator.yaml', 'sops-ts kustomize plugin < resource-list.yaml'],
    },
  ],
};
