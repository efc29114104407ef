/** What earlier versions of a `.sops.yaml` say of somebody who is to be let in: whoever was taken out once should not come back unnoticed. */
import { dirname, join } from 'node:path';
import { configText } from '../../config/config-text.js';
import { namesRecipient } from '../../config/recipient.js';
import { namedIn } from '../../config/recipient-names.js';
import { readConfigTree, recipientsOf } from '../../config/recipients-of.js';
import { SopsError } from '../../errors.js';
import { readBlobs } from '../../exec/git/blobs.js';
import { pastVersionsOf } from '../../exec/git/history.js';
import { workTreeOf } from '../../exec/git/places.js';
import { realpathSync } from '../../util/files/fs.js';
import type { Session } from '../../util/host/host.js';

export interface PastNames {
  /** Whether an earlier version has the recipient. */
  readonly wasThere: boolean;
  /** Another recipient that had the name. */
  readonly namesake: string | undefined;
}

/** The newest versions tell; a configuration has seldom more. */
const MOST_VERSIONS = 500;

/** Looks through the versions that git has of a configuration. Where it has none nothing is known. */
export async function pastNamesIn(
  configPath: string,
  { name, recipient }: { readonly name: string; readonly recipient: string },
  host: Session,
): Promise<PastNames> {
  let wasThere = false;
  let namesake: string | undefined;
  for await (const text of pastTexts(configPath, host)) {
    try {
      if (!wasThere) {
        const tree = await readConfigTree(text);
        wasThere = recipientsOf(tree.document, tree).some((one) => namesRecipient(one, recipient));
      }
      namesake ??= (await namedIn(text)).find(
        ([called, whose]) => called === name && !namesRecipient(whose, recipient),
      )?.[1];
    } catch (error) {
      // A version that cannot be read names nobody.
      if (!(error instanceof SopsError)) throw error;
    }
  }
  return { wasThere, namesake };
}

async function* pastTexts(configPath: string, host: Session): AsyncGenerator<string> {
  const folder = realpathSync(dirname(configPath));
  const tree = await workTreeOf(folder, host, true);
  if (!tree) return;
  const call = { cwd: tree.top, elsewhere: true };
  const path = join(folder, configPath.slice(dirname(configPath).length));
  const blobs = (await pastVersionsOf([path], host, call)).get(path) ?? [];
  for await (const [, bytes] of readBlobs([...new Set(blobs)].slice(0, MOST_VERSIONS), host, call)) {
    if (bytes) yield textOf(bytes);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return configText(bytes);
  } catch {
    return '';
  }
}
