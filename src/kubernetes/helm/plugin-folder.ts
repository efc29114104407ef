/** The plug-in that makes Helm know `secrets://`: a folder with its description and a launcher. */
import { delimiter, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { leaf } from '../../tree/tree.js';
import { writeFileSafely } from '../../util/files/atomic-write.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { type LaunchTarget, refuseOnWindows, writeLauncher } from '../kustomize/launcher.js';
import { record, yamlOf } from '../object-literal.js';
import { PROTOCOLS } from './secrets-url.js';

const NAME = 'sops-ts';

/** Makes the plug-in in Helm's folder of plug-ins, or the one given. Returns its path. Throws `failed` and `output-unwritable`. */
export async function installPlugin(
  parent: string | undefined,
  { launch, version }: { launch: LaunchTarget; version: string },
  host: Host,
): Promise<string> {
  refuseOnWindows(host, 'the plug-in starts', 'Without it: sops-ts decrypt values.enc.yaml | helm upgrade … -f -');
  const folder = join(resolve(host.cwd, parent ?? pluginsFolder(host)), NAME);
  await writeLauncher(join(folder, NAME), launch);
  await writeFileSafely(join(folder, 'plugin.yaml'), Buffer.from(descriptionOf(version)), { mode: 0o644 });
  return folder;
}

/** Helm joins the first word of a downloader's command to the plug-in's folder; Helm 4 reads this form of Helm 3, too. */
function descriptionOf(version: string): string {
  const protocols = PROTOCOLS.map(({ name }) => leaf(name));
  return yamlOf(
    record({
      name: NAME,
      version,
      usage: 'read encrypted values: helm upgrade … -f secrets://values.enc.yaml',
      description: 'Decrypts values files that sops or sops-ts encrypted; nothing is written to disk.',
      command: `$HELM_PLUGIN_DIR/${NAME}`,
      downloaders: [record({ command: `${NAME} helm downloader`, protocols })],
    }),
  );
}

/** Where Helm looks for plug-ins. Throws `failed` when nothing tells. */
function pluginsFolder({ env, platform }: Host): string {
  const [first] = (env.HELM_PLUGINS ?? '').split(delimiter);
  if (first) return first;
  const data =
    env.HELM_DATA_HOME || (env.XDG_DATA_HOME && join(env.XDG_DATA_HOME, 'helm')) || dataFolder(env, platform);
  if (data) return join(data, 'plugins');
  throw new SopsError('failed', 'the home folder is not known, so neither is the folder of Helm’s plug-ins', {
    hint: 'Name it: sops-ts helm install FOLDER.',
  });
}

function dataFolder(env: Host['env'], platform: NodeJS.Platform): string | undefined {
  const below = platform === 'darwin' ? ['Library', 'helm'] : ['.local', 'share', 'helm'];
  return env.HOME && join(env.HOME, ...below);
}
