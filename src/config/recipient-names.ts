/** What recipients are called: by the anchors of a `.sops.yaml`. */

import { readFileSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import { configText } from './config-text.js';
import type { Config } from './model.js';
import { namesRecipient } from './recipient.js';
import { isKeyOrKeys, readConfigTree, recipientsOf } from './recipients-of.js';

/** Gives the name of a key string, if it has one. */
export type NameOf = (keyString: string) => string | undefined;

/** A recipient with its name after it, if it has one. */
export function withName(keyString: string, nameOf: NameOf): string {
  const name = nameOf(keyString);
  return name === undefined ? keyString : `${keyString} (${name})`;
}

/** The names that a configuration has: those of anchors that stand for one key each. One that cannot be read as a tree has none. */
export async function namesOf(config: Config | null, host: Host): Promise<NameOf> {
  if (!config) return () => undefined;
  const known = KNOWN.get(config) ?? readNames(config, host);
  KNOWN.set(config, known);
  return known;
}

/** Of many files it is mostly one configuration, and reading it as a tree takes longer than a small file. */
const KNOWN = new WeakMap<Config, Promise<NameOf>>();

async function readNames(config: Config, host: Host): Promise<NameOf> {
  try {
    return await namesIn(configText(readFileSync(resolve(host.cwd, config.path))));
  } catch {
    return () => undefined;
  }
}

/** A name, and whose it is. */
export type NamedRecipientText = readonly [name: string, recipient: string];

/** All names of a configuration, in its order, as {@link namesOf} finds them. */
export async function listNames(config: Config, host: Host): Promise<NamedRecipientText[]> {
  try {
    return await namedIn(configText(readFileSync(resolve(host.cwd, config.path))));
  } catch {
    return [];
  }
}

/** The names in the text of a configuration. Throws what reading YAML throws. */
export async function namesIn(text: string): Promise<NameOf> {
  const named = await namedIn(text);
  return (keyString) => named.find(([, recipient]) => namesRecipient(keyString, recipient))?.[0];
}

/** The names in the text of a configuration. Throws what reading it throws. */
export async function namedIn(text: string): Promise<NamedRecipientText[]> {
  const tree = await readConfigTree(text);
  const named: NamedRecipientText[] = [];
  for (const [name, values] of tree.anchors) {
    for (const value of values) {
      const [recipient, ...others] = isKeyOrKeys(value, tree) ? recipientsOf(value, tree) : [];
      if (recipient !== undefined && others.length === 0) named.push([name, recipient]);
    }
  }
  return named;
}
