/**
 * The parts of the program, in order, with the modules that each is made for. Each is one file. A module stands in the first part that needs
 * it, and any later one that needs it, too, loads that part whole: what several of them need and is small stands in the first.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The modules in a folder of sources. */
function filesOf(folder, pattern = /./) {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts') && pattern.test(name)).sort().map((name) => `${folder}/${name}`);
}

/** Small modules that several of the parts need: in one of those, all of it would be loaded for them. */
const LITTLE = [
  ...['src/util/files/fs-promises.ts', 'src/util/waiting/backoff.ts', 'src/util/files/named-file.ts', 'src/util/cleanup.ts', 'src/util/files/real-path.ts', 'src/util/host/local-socket.ts', 'src/services/http/answer.ts'],
  ...['src/exec/shell-words.ts', 'src/tree/fold.ts', 'src/cli/output/json-text.ts', 'src/cli/output/quantity.ts'],
];

/** What each part is loaded for. A module that is imported dynamically stands in the first part that imports it statically, else in the last. */
export const PARTS = {
  /** The program itself, and what decrypting a JSON file with an age key runs; the others are what other formats share with that, and the plug-in of kustomize. */
  'sops-ts': [
    ...['src/cli/main.ts', 'src/cli/commands/decrypt.ts', 'src/cli/commands/git-textconv.ts', 'src/formats/json/json.ts', 'src/keys/age/age.ts'],
    ...['src/util/text/byte-order.ts', 'src/util/lists.ts', ...LITTLE],
  ],
  /** YAML, which is a quarter of what decrypting it needs, and nothing that other formats do. */
  yaml: ['src/formats/yaml/yaml.ts'],
  /** The plug-in of kustomize, which has a start file of its own. */
  kustomize: ['src/cli/plugin.ts'],
  /** The other formats that are common, and what decrypting now and then runs beside that. */
  formats: ['src/formats/dotenv.ts', 'src/formats/ini/ini.ts', 'src/formats/binary.ts', 'src/cli/version.ts', 'src/keys/age/plugin-trust.ts', 'src/keys/age/failure.ts', 'src/datakey/recovery-report.ts'],
  /** Holding what is made of one format in another against the first. */
  convert: ['src/operations/read/conversion.ts'],
  /** Reading `.sops.yaml`. */
  config: ['src/config/read.ts'],
  /** What encrypting runs. */
  encrypt: ['src/cli/commands/encrypt.ts'],
  /** Writing into files, and taking away what killed runs left of that. */
  write: ['src/util/files/atomic-write.ts', 'src/util/files/replace-file.ts', 'src/util/files/leftovers.ts'],
  /** Starting a program with what was decrypted, and looking at what other runs have left in memory. */
  exec: ['src/cli/commands/exec-env.ts', 'src/cli/commands/exec-file.ts', 'src/exec/private-folder.ts'],
  /** Printing values for a shell, which direnv has done in every folder. */
  export: ['src/cli/commands/export.ts'],
  /** What people read about commands and what the shell completes, at each press of a key. */
  guide: ['src/cli/help/help.ts', 'src/cli/completion/reply.ts'],
  /** Looking at encrypted files. */
  look: ['src/cli/commands/get.ts', 'src/cli/commands/list.ts', 'src/cli/commands/filestatus.ts'],
  /** Doing the same for many files, in this process and another. */
  many: ['src/cli/many/files.ts', 'src/cli/many/decrypt.ts', 'src/cli/many/operands.ts', 'src/cli/many/worker.ts', 'src/cli/terminal/progress.ts'],
  /** Changing a file that is encrypted without an editor. */
  change: ['src/cli/commands/set.ts', 'src/cli/commands/unset.ts', 'src/formats/yaml/editable.ts'],
  /** Giving a file another data key, or other recipients. */
  rotate: ['src/cli/commands/rotate.ts'],
  /** Keys that a service holds: the providers of remote keys. */
  services: [
    'src/keys/aws-kms/aws-kms.ts',
    'src/keys/gcp-kms/gcp-kms.ts',
    'src/keys/gcp-kms/grpc.ts',
    'src/keys/gcp-kms/rest.ts',
    'src/keys/azure-kv/azure-kv.ts',
    'src/keys/hc-vault/hc-vault.ts',
    'src/keys/hc-kms/hc-kms.ts',
  ],
  /** Keys of this machine beside those that age makes by itself. */
  keys: [
    'src/keys/pgp/pgp.ts',
    'src/keys/pgp/message-form.ts',
    'src/keys/pgp/openpgp-decrypt.ts',
    'src/keys/pgp/openpgp-encrypt.ts',
    'src/keys/age/ssh/ssh.ts',
    'src/keys/age/ssh/key-file.ts',
    'src/keys/age/plugin/plugin.ts',
    'src/keys/age/age-package.ts',
    'src/keys/age/protected-file.ts',
    'src/keys/age/identity-command.ts',
    'src/keys/age/given-sources.ts',
  ],
  /** Changing who reads files, and their text in an editor. */
  daily: ['src/cli/commands/updatekeys.ts', 'src/cli/commands/edit.ts', 'src/cli/many/update.ts'],
  /** What hooks of git run. */
  check: ['src/cli/commands/check.ts', 'src/cli/commands/git-pre-push.ts', 'src/cli/commands/git-merge-driver.ts', 'src/keys/age/wrapped-form.ts'],
  /** References to secret stores, and the stores. */
  references: [...filesOf('src/cli/commands', /^refs-/), ...filesOf('src/references/backends')],
  /** A build of kustomize. */
  build: ['src/cli/commands/kustomize-build.ts'],
  /** What helm starts for each file of values. */
  helm: ['src/cli/commands/helm-downloader.ts'],
  /** What makes and checks such builds. */
  kubernetes: filesOf('src/cli/commands', /^(?:kustomize|flux|helm)-/),
  /** Asking the agent of the user, where one runs. */
  agent: ['src/keyservice/agent/through-agent.ts'],
  /** All that is left. */
  rest: [],
};

/** In the executable age's cipher is always the portable one, as Bun has none, and nobody weighs what reads YAML. */
export const EXECUTABLE_PARTS = { ...PARTS, 'sops-ts': [...PARTS['sops-ts'], 'src/keys/age/format/portable-aead.ts', ...PARTS.yaml], yaml: [] };

/** The part that every run loads, and the one that has all that is left. */
export const FIRST = Object.keys(PARTS)[0];
export const LAST = Object.keys(PARTS).at(-1);
