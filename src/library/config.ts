/** Configurations that a program makes itself, and those that are found. */
import { configText } from '../config/config-text.js';
import { creationRuleFor } from '../config/creation-rule.js';
import { readConfigDocument } from '../config/document.js';
import type { Config as InnerConfig } from '../config/model.js';
import { configOfBytes } from '../config/read.js';
import { SopsError } from '../errors.js';
import { type JsonStyle, printJson } from '../formats/json/write.js';
import { openRun } from '../run/run.js';
import { itemOf } from '../tree/tree.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import { encodeText } from '../util/text/text.js';
import { lookingAt, usage } from './options.js';
import type { Config, ConfigInput, ConfigMatch, RulePlace } from './types.js';
import { treeOf } from './values.js';

/** How messages call one that the program made. */
const CALLED = 'the configuration of the program';

/**
 * Makes a configuration of the text of a `.sops.yaml`, or of an object that says the same. Paths are relative to the working directory of
 * the call that it is used in. Throws `config`, and `usage` for what is neither text nor plain data.
 */
export function defineConfig(config: ConfigInput | string): Config {
  const text = typeof config === 'string' ? config : textOf(config);
  // Whoever makes one wants to know at once.
  innerConfig(text, resolve('/'));
  return Object.freeze({ text });
}

/** JSON is YAML. What JSON.stringify would pass over, such as a Map of rules, must not be left out. */
function textOf(config: unknown): string {
  const isList = lookingAt('defineConfig: the configuration', () => Array.isArray(config));
  if (typeof config !== 'object' || config === null || isList)
    throw usage('defineConfig: the configuration must be an object or a text');
  const tree = treeOf(config);
  return `${tree.kind === 'branch' ? printJson(tree, LINES) : ''}\n`;
}

const LINES: JsonStyle = { newline: '\n', unit: '  ', colon: ': ', comma: ',' };

/** The configuration as operations take it, for a working directory. */
export function configOf({ text }: Config, cwd: string): InnerConfig {
  if (typeof text !== 'string') throw usage('option config must be a path, what defineConfig made, or false');
  return innerConfig(text, cwd);
}

function innerConfig(text: string, cwd: string): InnerConfig {
  return { ...configOfBytes(encodeText(text), { absolute: resolve(cwd, '.sops.yaml'), path: CALLED }), isOwn: true };
}

/** Where a configuration is that is for a file, and which rule of it. Null when there is none. */
export async function matchOf(
  file: string,
  request: { readonly configPath: string | undefined },
  host: Host,
): Promise<ConfigMatch | null> {
  const run = await openRun({ ...request, filePath: file }, host);
  const { config } = run;
  if (!config) return null;
  const { absolute } = config.file;
  const rule = await creationRuleFor(config, file, run).catch(orNone);
  if (!rule) return { file: absolute };
  const at = config.creationRules?.indexOf(rule) ?? -1;
  return { file: absolute, rule: { ...placeOf(config, at), pathRegex: rule.pathRegex } };
}

function orNone(error: unknown): null {
  if (error instanceof SopsError && error.message.includes('no matching creation rules')) return null;
  throw error;
}

/** Where a rule of a configuration stands, by its number from 0. */
function placeOf({ file }: InnerConfig, at: number): RulePlace {
  const text = configText(file.bytes);
  return { file: file.absolute, line: lineOfRule(text, at) };
}

/** From 1; 1 where the rules are written in a way that tells nothing, as after an alias. */
function lineOfRule(text: string, at: number): number {
  const starts = new Map<unknown, number>();
  const watcher = { entry: (of: object, start: number) => void starts.set(of, start), anchor: () => undefined };
  const { root } = readConfigDocument(text, watcher);
  const rules = root.kind === 'branch' ? itemOf(root, 'creation_rules')?.value : undefined;
  const entries = rules?.kind === 'list' ? rules.items.filter((entry) => entry.kind !== 'comment') : [];
  return text.slice(0, starts.get(entries[at]) ?? 0).split('\n').length;
}
