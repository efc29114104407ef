/** Help texts of the commands for Kubernetes. */
import type { Task } from './task.js';

export const KUBERNETES: Task = {
  title: 'Kubernetes',
  families: { kustomize: 'manifests for kustomize, and the plug-in that takes the place of ksops' },
  commands: [
    {
      name: 'kustomize generate',
      operands: '[file...]',
      summary: 'print manifests from encrypted or plain files, and make Secrets',
      examples: [
        'sops-ts kustomize generate secret.enc.yaml | kubectl apply -f -',
        'sops-ts kustomize generate --name app --from-env app.enc.env --from-file tls.key=key.enc.pem --needs-hash',
      ],
    },
    {
      name: 'kustomize build',
      operands: '[folder] [-- argument...]',
      summary: 'run kustomize with the plug-in set up, and decrypt what goes in and comes out',
      examples: [
        'sops-ts kustomize build overlays/prod | kubectl apply -f -',
        'sops-ts kustomize build . -- --enable-helm',
      ],
    },
    {
      name: 'kustomize decrypt',
      operands: '[file]',
      summary: 'decrypt the output of a build, as Flux does',
      examples: ['kustomize build . | sops-ts kustomize decrypt --mac skip'],
    },
    {
      name: 'kustomize init',
      operands: '[folder]',
      summary: 'write a generator for the encrypted files of a folder',
      examples: ['sops-ts kustomize init overlays/prod', 'sops-ts kustomize init --legacy .'],
    },
    {
      name: 'kustomize check',
      operands: '[folder] [-- flag of kustomize...]',
      summary: 'find what would go wrong in a build, or cannot be told; exit with 1 if there is anything',
      examples: ['sops-ts kustomize check overlays/prod', 'sops-ts kustomize check . -- --enable-alpha-plugins'],
    },
    {
      name: 'kustomize install',
      operands: '[folder]',
      summary: 'put a launcher of the plug-in on a path, or where kustomize looks for legacy plug-ins',
      examples: [
        'sops-ts kustomize install --as ksops ~/.local/bin',
        'sops-ts kustomize install --legacy   # the home of plug-ins',
      ],
    },
    {
      name: 'kustomize plugin',
      operands: '[config]',
      summary: 'be the plug-in of kustomize, as sops-ts-kustomize is, which starts faster',
      examples: ['sops-ts kustomize plugin generator.yaml', 'sops-ts kustomize plugin < resource-list.yaml'],
    },
  ],
};
