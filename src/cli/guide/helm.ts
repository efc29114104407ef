/** Help texts of the commands for Helm. */
import type { Task } from './task.js';

export const HELM: Task = {
  title: 'Helm',
  families: { helm: 'the plug-in of Helm for secrets:// URLs' },
  commands: [
    {
      name: 'helm install',
      operands: '[folder]',
      summary: 'put a plug-in into the folder of plug-ins of Helm, so that it reads secrets:// URLs',
      examples: ['sops-ts helm install && helm upgrade app ./chart -f secrets://values.enc.yaml'],
    },
    {
      name: 'helm downloader',
      operands: '[cert key ca] url',
      summary: 'print what stands behind a secrets:// URL, decrypted; Helm calls it',
      examples: [
        'sops-ts helm downloader secrets://values.enc.yaml',
        "sops-ts helm downloader 'secrets+age-import://key.txt?values.enc.yaml'",
      ],
    },
  ],
};
