/** The commands: one row each. A new command is its module and a row here. */
import type { Command } from './command.js';

export interface RegistryRow {
  /** As in the module; its file has this name, with dashes for blanks. */
  readonly name: string;
  /** Loads the module; the file's name is written out so that bundlers see it. */
  load(): Promise<Command>;
}

/** In the order of SOPS's old modes: with several of `-e -d`, the last one counts. Completion names them in this order, too. */
export const REGISTRY: readonly RegistryRow[] = [
  { name: 'encrypt', load: async () => (await import('./encrypt.js')).encrypt },
  { name: 'decrypt', load: async () => (await import('./decrypt.js')).decrypt },
  { name: 'rotate', load: async () => (await import('./rotate.js')).rotate },
  { name: 'edit', load: async () => (await import('./edit.js')).edit },
  { name: 'set', load: async () => (await import('./set.js')).set },
  { name: 'unset', load: async () => (await import('./unset.js')).unset },
  { name: 'get', load: async () => (await import('./get.js')).get },
  { name: 'list', load: async () => (await import('./list.js')).listCommand },
  { name: 'updatekeys', load: async () => (await import('./updatekeys.js')).updatekeys },
  { name: 'groups add', load: async () => (await import('./groups-add.js')).groupsAdd },
  { name: 'groups delete', load: async () => (await import('./groups-delete.js')).groupsDelete },
  { name: 'revoke', load: async () => (await import('./revoke.js')).revoke },
  { name: 'diff', load: async () => (await import('./diff.js')).diff },
  { name: 'who', load: async () => (await import('./who.js')).who },
  { name: 'exec-env', load: async () => (await import('./exec-env.js')).execEnv },
  { name: 'exec-file', load: async () => (await import('./exec-file.js')).execFile },
  { name: 'export', load: async () => (await import('./export.js')).exportCommand },
  { name: 'publish', load: async () => (await import('./publish.js')).publish },
  { name: 'filestatus', load: async () => (await import('./filestatus.js')).filestatus },
  { name: 'resolve', load: async () => (await import('./resolve.js')).resolve },
  { name: 'git merge-driver', load: async () => (await import('./git-merge-driver.js')).gitMergeDriver },
  { name: 'git install', load: async () => (await import('./git-install.js')).gitInstall },
  { name: 'git uninstall', load: async () => (await import('./git-uninstall.js')).gitUninstall },
  { name: 'git status', load: async () => (await import('./git-status.js')).gitStatus },
  { name: 'git pre-push', load: async () => (await import('./git-pre-push.js')).gitPrePush },
  { name: 'git textconv', load: async () => (await import('./git-textconv.js')).gitTextconv },
  { name: 'check', load: async () => (await import('./check.js')).check },
  { name: 'import dotenvx', load: async () => (await import('./import-dotenvx.js')).importDotenvx },
  { name: 'import env', load: async () => (await import('./import-env.js')).importEnv },
  { name: 'why', load: async () => (await import('./why.js')).why },
  { name: 'config explain', load: async () => (await import('./config-explain.js')).configExplain },
  { name: 'config check', load: async () => (await import('./config-check.js')).configCheck },
  { name: 'config schema', load: async () => (await import('./config-schema.js')).configSchemaCommand },
  { name: 'init', load: async () => (await import('./init.js')).init },
  { name: 'doctor', load: async () => (await import('./doctor.js')).doctor },
  { name: 'keyservice', load: async () => (await import('./keyservice.js')).keyservice },
  { name: 'trust', load: async () => (await import('./trust.js')).trust },
  { name: 'install-as-sops', load: async () => (await import('./install-as-sops.js')).installAsSops },
  { name: 'completion bash', load: async () => (await import('./completion-bash.js')).completionBash },
  { name: 'completion zsh', load: async () => (await import('./completion-zsh.js')).completionZsh },
  { name: 'completion fish', load: async () => (await import('./completion-fish.js')).completionFish },
  {
    name: 'completion powershell',
    load: async () => (await import('./completion-powershell.js')).completionPowershell,
  },
  { name: 'kustomize generate', load: async () => (await import('./kustomize-generate.js')).kustomizeGenerate },
  { name: 'kustomize build', load: async () => (await import('./kustomize-build.js')).kustomizeBuild },
  { name: 'kustomize decrypt', load: async () => (await import('./kustomize-decrypt.js')).kustomizeDecrypt },
  { name: 'kustomize init', load: async () => (await import('./kustomize-init.js')).kustomizeInit },
  { name: 'kustomize check', load: async () => (await import('./kustomize-check.js')).kustomizeCheck },
  { name: 'kustomize install', load: async () => (await import('./kustomize-install.js')).kustomizeInstall },
  { name: 'kustomize plugin', load: async () => (await import('./kustomize-plugin.js')).kustomizePlugin },
  { name: 'flux secret', load: async () => (await import('./flux-secret.js')).fluxSecret },
  { name: 'flux check', load: async () => (await import('./flux-check.js')).fluxCheck },
  { name: 'helm downloader', load: async () => (await import('./helm-downloader.js')).helmDownloader },
  { name: 'helm install', load: async () => (await import('./helm-install.js')).helmInstall },
  { name: 'seal', load: async () => (await import('./seal.js')).seal },
  { name: 'seal verify', load: async () => (await import('./seal-verify.js')).sealVerify },
  { name: 'unseal', load: async () => (await import('./unseal.js')).unseal },
  { name: 'emit external-secret', load: async () => (await import('./emit-external-secret.js')).emitExternalSecret },
  { name: 'emit push-secret', load: async () => (await import('./emit-push-secret.js')).emitPushSecret },
  { name: 'emit secret-store', load: async () => (await import('./emit-secret-store.js')).emitSecretStore },
  {
    name: 'emit secret-provider-class',
    load: async () => (await import('./emit-secret-provider-class.js')).emitSecretProviderClass,
  },
];
