/** What recipients are called: by the anchors of a `.sops.yaml`. */

import { resolve } from 'node:path';
import { readFileSync } from '../util/fs.js';
import type { Host } from '../util/host.js';
import { configText } from './config-text.js';
import type { Config } from './model.js';
import { namesRecipient } from './recipient.js';
import { isKeyOrKeys, readConfigTree, recipientsOf } from './recipients-of.js';

/** Gives the name of a key string, if it has one. */
export type NameOf = (keyString: string) => string | undefined;

/** A recipient with its name behind it, if it has one. */
export function withName(keyString: string, nameOf: NameOf): string {
  const name = nameOf(keyString);
  return name === undefined ? keyString : `${keyString} (${name})`;
}

/** The names that a configuration has: those of anchors that stand for one key each. One that cannot be read as a tree has none. */
export async function namesOf(config: Config | null, host: Host): Promise<NameOf> {
  if (!config) return () => undefined;
  try {
    return await namesIn(configText(readFileSync(resolve(host.cwd, config.path))));
  } catch {
    return () => undefined;
  }
}

async function namesIn(text: string): Promise<NameOf> {
  const tree = await readConfigTree(text);
  const named: (readonly [name: string, recipient: string])[] = [];
  for (const [name, values] of tree.anchors) {
    for (const value of values) {
      const [recipient, ...others] = isKeyOrKeys(value, tree) ? recipientsOf(value, tree) : [];
      if (recipient !== undefined && others.length === 0) named.push([name, recipient]);
    }
  }
  return (keyString) => named.find(([, recipient]) => namesRecipient(keyString, recipient))?.[0];
}
