/** What an ExternalSecret takes from a store without naming each key: all of a secret, what a search finds, what a generator makes. */
import { type Branch, list } from '../../tree/tree.js';
import { textMap } from '../manifest/manifest.js';
import { record } from '../object-literal.js';
import { checkedName } from './checks.js';
import { usage } from './settings.js';
import { GENERATOR_KINDS } from './shapes/secret-shapes.js';

/** What flags say of it. */
export interface DataFromChoice {
  /** Takes all of the secret, instead of key by key. */
  readonly extract: boolean;
  /** An expression of names. */
  readonly find: string | undefined;
  readonly findPath: string | undefined;
  /** `KEY=VALUE`. */
  readonly findTags: readonly string[];
  /** `KIND/NAME`. */
  readonly generators: readonly string[];
  /** `SOURCE=TARGET`, an expression and what its matches become in names, applied one after the other. */
  readonly rewrites: readonly string[];
}

const API = 'generators.external-secrets.io/v1alpha1';

/** Whether anything is taken so. */
export function takesFromStore({ extract, find, findPath, findTags, generators }: DataFromChoice): boolean {
  return extract || searches({ find, findPath, findTags }) || generators.length > 0;
}

/** Whether a store is needed for it. */
export function needsStore(choice: DataFromChoice): boolean {
  return choice.extract || searches(choice);
}

function searches({ find, findPath, findTags }: Pick<DataFromChoice, 'find' | 'findPath' | 'findTags'>): boolean {
  return find !== undefined || findPath !== undefined || findTags.length > 0;
}

/** The entries of `dataFrom`; `key` is the secret to extract. Throws `usage`. */
export function dataFromOf(choice: DataFromChoice, key: string | undefined): Branch[] {
  const rewrite = choice.rewrites.map(rewriteOf);
  if (rewrite.length > 0 && !takesFromStore(choice)) {
    throw usage('--rewrite changes the names of what --extract, --find or --generator takes');
  }
  const entries: Branch[] = [];
  if (choice.extract && key !== undefined) entries.push(record({ extract: record({ key }) }));
  if (searches(choice)) entries.push(record({ find: findOf(choice) }));
  for (const one of choice.generators) entries.push(record({ sourceRef: record({ generatorRef: generatorOf(one) }) }));
  if (rewrite.length === 0) return entries;
  return entries.map((entry) => ({ ...entry, items: [...entry.items, ...record({ rewrite: list(rewrite) }).items] }));
}

function findOf({ find, findPath, findTags }: DataFromChoice): Branch {
  return record({
    path: findPath,
    name: find === undefined ? undefined : record({ regexp: find }),
    tags: findTags.length === 0 ? undefined : textMap(new Map(findTags.map((tag) => pairIn(tag, '--find-tags')))),
  });
}

function rewriteOf(text: string): Branch {
  const [source, target] = pairIn(text, '--rewrite');
  return record({ regexp: record({ source, target }) });
}

/** At the first `=`: expressions of names hardly have one. */
function pairIn(text: string, flag: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw usage(`${flag} ${JSON.stringify(text)} is not of the form A=B`);
}

function generatorOf(text: string): Branch {
  const [kind = '', name = '', ...more] = text.split('/');
  const known = GENERATOR_KINDS.find((one) => one.toLowerCase() === kind.toLowerCase());
  if (known === undefined || more.length > 0) {
    throw usage(
      `--generator ${JSON.stringify(text)} is not of the form KIND/NAME`,
      `Kinds are ${GENERATOR_KINDS.join(', ')}.`,
    );
  }
  return record({ apiVersion: API, kind: known, name: checkedName(name, '--generator') });
}
