/** Where the plug-in of kustomize is, for programs that start it. */
import { fileURLToPath } from 'node:url';

/** The absolute path of the start file. */
export const pluginFile: string = fileURLToPath(new URL('../bin/sops-ts-kustomize.js', import.meta.url));
