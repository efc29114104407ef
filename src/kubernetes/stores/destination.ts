/** Where `publish` sends a file, as far as a cluster can read it from there: the destination rules of `.sops.yaml`. */

import { basename, extname } from 'node:path';
import { destinationFor } from '../../config/destination-rule.js';
import type { DestinationRule } from '../../config/model.js';
import { SopsError } from '../../errors.js';
import { openRun } from '../../run/run.js';
import type { Session } from '../../util/host/host.js';
import type { RulePlace } from './provider.js';
import { STORES } from './registry.js';

export interface PublishedPlace extends Required<RulePlace> {
  /** The name of its row. */
  readonly store: string;
}

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
  return rule && placeOf(rule, publishedName(path, rule));
}

async function placeOf(rule: DestinationRule, name: string): Promise<PublishedPlace | undefined> {
  for (const { name: store, publishedBy, load } of STORES) {
    const named = publishedBy === undefined ? undefined : rule.settings.get(publishedBy);
    const place = named === undefined ? undefined : (await load()).placeOf?.(named, name, rule);
    const layout = rule.settings.get('layout') === 'per_key' ? 'per_key' : 'json';
    if (place) return { layout, isDocument: false, ...place, store };
  }
  return undefined;
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
