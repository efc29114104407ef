/** Where `publish` sends a file, as far as a cluster can read it from there: the destination rules of `.sops.yaml`. */

import { basename, extname } from 'node:path';
import { destinationFor } from '../../config/destination-rule.js';
import type { DestinationRule } from '../../config/model.js';
import { SopsError } from '../../errors.js';
import { clusterPlace, googlePlace, keyVaultPlace, nameBelow } from '../../remotes/secret-names.js';
import { openRun } from '../../run/run.js';
import type { Session } from '../../util/host.js';
import type { SecretShape } from './provider.js';

export interface PublishedPlace {
  /** The name of its row. */
  readonly store: string;
  /** The name of the secret in the store, or what the names of the secrets begin with. */
  readonly to: string;
  readonly layout: SecretShape;
  /** Whether the store holds the file as a document, and not the values of a manifest alone. */
  readonly isDocument: boolean;
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
  return rule && (vaultPlace(rule, path) ?? otherPlace(rule, publishedName(path, rule)));
}

function vaultPlace(rule: DestinationRule, path: string): PublishedPlace | undefined {
  const folder = rule.settings.get('vault_path');
  if (folder === undefined) return undefined;
  const settings = new Map<string, string>();
  for (const [field, flag] of VAULT_FIELDS) {
    const value = rule.settings.get(field);
    if (value !== undefined) settings.set(flag, flag === 'kv-version' && value !== '1' ? '2' : value);
  }
  const segments = [...folder.split('/'), publishedName(path, rule)].filter((segment) => segment !== '');
  return { store: 'vault', to: segments.join('/'), layout: 'json', isDocument: true, settings };
}

type Found = Pick<PublishedPlace, 'store' | 'to' | 'settings'>;
type Finder = (text: string, name: string, rule: DestinationRule) => Found | undefined;

/** By field of a rule: the store, and what the rule says of it. */
const OTHERS = new Map<string, Finder>([
  ['aws_secretsmanager', (text, name, rule) => ({ store: 'aws', to: nameBelow(text, name), settings: regionIn(rule) })],
  ['aws_ssm', (text, name, rule) => ({ store: 'aws-ssm', to: nameBelow(text, name), settings: regionIn(rule) })],
  [
    'gcp_secretmanager',
    (text, name) => {
      const place = googlePlace(text);
      const location: [string, string][] = place?.location === undefined ? [] : [['location', place.location]];
      const settings = new Map([['project', place?.project ?? ''], ...location]);
      return place && { store: 'gcp', to: place.nameFor(name), settings };
    },
  ],
  [
    'azure_keyvault',
    (text, name) => {
      const place = keyVaultPlace(text);
      return place && { store: 'azure', to: place.nameFor(name), settings: new Map([['vault-url', place.origin]]) };
    },
  ],
  [
    'kubernetes',
    (text, name, { settings }) => {
      const place = settings.get('layout') === undefined ? clusterPlace(text) : undefined;
      const to = place?.nameFor(name) ?? '';
      return place && { store: 'kubernetes', to, settings: new Map([['remote-namespace', place.namespace]]) };
    },
  ],
]);

function regionIn({ settings }: DestinationRule): ReadonlyMap<string, string> {
  const region = settings.get('aws_region');
  return region === undefined ? new Map() : new Map([['region', region]]);
}

/** Where the values of a Secret are on their own. */
function otherPlace(rule: DestinationRule, name: string): PublishedPlace | undefined {
  for (const [field, place] of OTHERS) {
    const text = rule.settings.get(field);
    const found = text === undefined ? undefined : place(text, name, rule);
    const layout = rule.settings.get('layout') === 'per_key' ? 'per_key' : 'json';
    if (found) return { ...found, layout, isDocument: false };
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
