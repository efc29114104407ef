/** The version of this program, and of the SOPS release it stands in for. */
import manifest from '../../package.json' with { type: 'json' };

/** The SOPS release whose behaviour and file format this version follows. */
const SOPS_RELEASE = '3.13.2';

/** What `--version` prints. */
export function versionLine(): string {
  return `sops-ts ${manifest.version} (SOPS ${SOPS_RELEASE} compatible)\n`;
}
