/** `import env`: a plain `.env` file, as people write it. */
import { basename } from 'node:path';
import { envContent } from './env-content.js';
import { readEnvLines } from './env-lines.js';
import { sourcesByContent } from './find-sources.js';
import type { ImportKind } from './source.js';
import { dotenvTargetName } from './target.js';

/** `.env`, `.env.local`, `app.env`. */
const NAME = /^\.env(?:\.|$)|\.env$/;
/** Its files are called like others, and mean nothing to anybody. */
const NO_SOURCE = /^\.env\.(?:keys|vault|example|sample|template|dist|enc|sops)$|\.(?:enc|sops)\.env$/;
const FOREIGN = /^(?:sops_version=|DOTENV_PUBLIC_KEY)/m;

export function envKind(): ImportKind {
  const described = 'a plain .env file';
  return {
    described,
    leftInHistory: 'the plaintext',
    targetName: dotenvTargetName,
    find: (files, host) => sourcesByContent(files, { described, recognises }, host),
    async open({ bytes }, store) {
      const content = envContent(readEnvLines(bytes), store);
      // What was in clear may stay so where the rule says that.
      return { ...content, secrets: new Set(), keyFiles: [] };
    },
  };

  function recognises(bytes: Buffer, { path, isNamed }: { readonly path: string; readonly isNamed: boolean }): boolean {
    if (FOREIGN.test(bytes.toString('latin1'))) return false;
    return isNamed || (NAME.test(basename(path)) && !NO_SOURCE.test(basename(path)));
  }
}
