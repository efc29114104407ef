/** Where `publish` sends a file, as far as a cluster can read it from there: the destination rules of `.sops.yaml`. */

import { basename, extname } from 'node:path';
import { destinationFor } from '../../config/destination-rule.js';
import type { DestinationRule } from '../../config/model.js';
import { SopsError } from '../../errors.js';
import { openRun } from '../../run/run.js';
import type { Session } from '../../util/host.js';

export interface PublishedPlace {
  /** The name of its row. */
  readonly store: string;
  /** The name of the secret in the store. */
  readonly to: string;
  /** What the rule says about the store, by the names of flags. */
  readonly settings: ReadonlyMap<string, string>;
}

/** By field of a rule: the flag that says the same of a store. */
const VAULT_FIELDS: readonly (readonly [string, string])[] = [
  ['vault_address', 'server'],
  ['vault_kv_mount_name', 'mount'],
  ['vault_kv_version', 'kv-version'],
];

/**
 * The place that the first matching rule names, or undefined: no rule, or a place of encrypted files (S3, Google Cloud
 * Storage), which no operator can read. Throws `config` for rules that are wrong.
 */
export async function publishedPlace(
  path: string,
  configPath: string | undefined,
  host: Session,
): Promise<PublishedPlace | undefined> {
  const { config } = await openRun({ configPath, filePath: path }, host);
  if (!config || config.destinationRules.length === 0) return undefined;
  const rule = await ruleFor(config, path, host);
  const folder = rule?.settings.get('vault_path');
  if (!rule || folder === undefined) return undefined;
  const settings = new Map<string, string>();
  for (const [field, flag] of VAULT_FIELDS) {
    const value = rule.settings.get(field);
    if (value !== undefined) settings.set(flag, flag === 'kv-version' && value !== '1' ? '2' : value);
  }
  const segments = [...folder.split('/'), publishedName(path, rule)].filter((segment) => segment !== '');
  return { store: 'vault', to: segments.join('/'), settings };
}

async function ruleFor(
  config: Parameters<typeof destinationFor>[0],
  path: string,
  host: Session,
): Promise<DestinationRule | undefined> {
  try {
    return (await destinationFor(config, path, host)).rule;
  } catch (error) {
    if (error instanceof SopsError && error.message.includes('no matching destination')) return undefined;
    throw error;
  }
}

/** The name that `publish` gives a file which was named alone. */
function publishedName(path: string, { omitExtensions }: DestinationRule): string {
  const name = basename(path);
  return omitExtensions ? name.slice(0, name.length - extname(name).length) : name;
}
