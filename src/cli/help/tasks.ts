/** What commands are for: the sections of the page about the program. */

export interface TaskRow {
  readonly title: string;
  /** By first word: what commands of two words do, which share a line on the page about the program. */
  readonly families?: Readonly<Record<string, string>>;
}

/** In the order of the page. */
export const TASK_ROWS = {
  files: { title: 'Files' },
  readers: {
    title: 'Who can read them',
    families: {
      groups: 'add or delete a key group of a file',
      config: 'explain and check .sops.yaml, print its schema',
    },
  },
  repository: {
    title: 'The repository',
    families: {
      git: 'let git show, merge and guard encrypted files',
      import: 'make files of SOPS of what other tools have encrypted',
    },
  },
  programs: { title: 'Programs' },
  references: {
    title: 'References',
    families: { refs: 'put values of secret stores in the place of references to them, as vals does' },
  },
  places: { title: 'Other places' },
  kubernetes: {
    title: 'Kubernetes',
    families: { kustomize: 'manifests for kustomize, and the plug-in that takes the place of ksops' },
  },
  flux: {
    title: 'Flux',
    families: { flux: 'make the Secret that Flux decrypts with, find what it would not decrypt' },
  },
  helm: { title: 'Helm', families: { helm: 'the plug-in of Helm for secrets:// URLs' } },
  sealedSecrets: { title: 'Sealed Secrets' },
  secretStores: {
    title: 'Secret stores in clusters',
    families: { emit: 'print manifests that point to a store, and who may read it, without any value' },
  },
  setup: {
    title: 'Setting up',
    families: {
      agent: 'keep opened data keys in memory for a time, for sops-ts and sops',
      completion: 'print the script that completes command lines in your shell',
    },
  },
} as const satisfies Readonly<Record<string, TaskRow>>;

export type TaskName = keyof typeof TASK_ROWS;
