/** The commands: one row each. A new command is one file, one row, the rows of its flags, and its help texts (../guide/). */
import type { CommandRow } from './command.js';

/** In the order of SOPS's old modes: with several of `-e -d`, the last one counts. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'encrypt',
    oldForm: 'encrypt',
    operandRule: 'first',
    writesInPlace: (values) => values.isOn('in-place') || values.isOn('update'),
    load: async () => (await import('./encrypt.js')).encrypt,
  },
  {
    name: 'decrypt',
    oldForm: 'decrypt',
    operandRule: 'first',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./decrypt.js')).decrypt,
  },
  {
    name: 'rotate',
    oldForm: 'rotate',
    operandRule: 'first',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./rotate.js')).rotate,
  },
  {
    name: 'edit',
    isDefault: true,
    operandRule: 'first',
    writesInPlace: () => true,
    load: async () => (await import('./edit.js')).edit,
  },
  {
    name: 'set',
    oldForm: 'set',
    operandRule: 'own',
    writesInPlace: () => true,
    load: async () => (await import('./set.js')).set,
  },
  {
    name: 'unset',
    operandRule: 'own',
    writesInPlace: () => true,
    load: async () => (await import('./unset.js')).unset,
  },
  {
    name: 'updatekeys',
    operandRule: 'own',
    writesInPlace: () => true,
    load: async () => (await import('./updatekeys.js')).updatekeys,
  },
  {
    name: 'groups add',
    operandRule: 'own',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./groups.js')).groupsAdd,
  },
  {
    name: 'groups delete',
    operandRule: 'own',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./groups.js')).groupsDelete,
  },
  {
    name: 'revoke',
    operandRule: 'own',
    writesInPlace: () => true,
    load: async () => (await import('./revoke.js')).revoke,
  },
  {
    name: 'exec-env',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./exec-env.js')).execEnv,
  },
  {
    name: 'exec-file',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./exec-file.js')).execFile,
  },
  {
    name: 'publish',
    operandRule: 'first',
    writesInPlace: () => false,
    load: async () => (await import('./publish.js')).publish,
  },
  {
    name: 'filestatus',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./filestatus.js')).filestatus,
  },
  {
    name: 'why',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./why.js')).why,
  },
  {
    name: 'keyservice',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./keyservice.js')).keyservice,
  },
  {
    name: 'completion bash',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./completion.js')).completion('bash'),
  },
  {
    name: 'completion zsh',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./completion.js')).completion('zsh'),
  },
  {
    name: 'completion fish',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./completion.js')).completion('fish'),
  },
  {
    name: 'completion powershell',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./completion.js')).completion('powershell'),
  },
  {
    name: 'kustomize plugin',
    operandRule: 'own',
    writesInPlace: () => false,
    load: async () => (await import('./kustomize-plugin.js')).kustomizePlugin,
  },
];
