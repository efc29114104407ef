/**
 * What the generators of a build print, made in this process before kustomize runs. kustomize then starts a script that prints it, and not the
 * plug-in for each of them (docs/kubernetes/kustomize.md#one-start-for-a-build).
 */
import { dirname, join, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, leaf } from '../../tree/tree.js';
import { mkdirSync, realpathSync, writeFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { parseRfc3339 } from '../../util/text/rfc3339.js';
import { Slots } from '../../util/waiting/slots.js';
import { type Manifest, stringAt, valueAt } from '../manifest/manifest.js';
import {
  isFolder,
  type Kustomization,
  krmFunctionOf,
  kustomizationsBelow,
  pluginConfigs,
  textsOf,
} from './kustomization.js';
import { LEGACY_KINDS, MADE, type PluginForm, PROGRAM_NAMES } from './launcher.js';
import { isInline, isRemote } from './places.js';
import { generatorOutput } from './plugin-run.js';
import type { OpenValues } from './reference-values.js';

/** What one generator prints. */
export interface MadeAhead {
  /** The folder where kustomize starts it: that of its kustomization, links resolved. */
  readonly folder: string;
  /** Its `metadata.name`. */
  readonly name: string;
  readonly form: PluginForm;
  readonly text: string;
}

export interface MakingRules {
  readonly keyServices: readonly KeyService[];
  readonly openValues?: OpenValues | undefined;
  /** How many generators are worked on at a time. */
  readonly limit: number;
}

/** Names that YAML prints as they are, so that a script finds them; whatever else has a name starts the plug-in. */
const PLAIN_NAME = /^[a-z0-9][-a-z0-9.]{0,252}$/;
/** All that a folder of configurations may say, if they are to be what its files are. */
const LISTING_FIELDS: readonly string[] = ['apiVersion', 'kind', 'resources'];

/**
 * Makes what can be made without kustomize: generators of both kinds whose configurations are files or stand in the kustomization. Those of
 * remote places, and of folders that change them, are left to the plug-in. Throws SopsError for the first that fails, with its file.
 */
export async function makeAhead(
  all: readonly Kustomization[],
  rules: MakingRules,
  host: Session,
): Promise<MadeAhead[]> {
  const slots = new Slots(rules.limit);
  const making = all.flatMap((one) => {
    const within = host.fork({ cwd: one.folder });
    return generatorsOf(one, host.cwd).map((config) => slots.run(() => makeOne(one, config, rules, within, host.cwd)));
  });
  const outcomes = await Promise.allSettled(making);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function makeOne(
  { folder }: Kustomization,
  config: Manifest,
  { keyServices, openValues }: MakingRules,
  within: Session,
  shownFrom: string,
): Promise<MadeAhead> {
  const form = formOf(config) ?? 'legacy';
  try {
    const text = await generatorOutput(asHandedOn(config), form, within, { keyServices, openValues });
    return { folder: realpathSync(folder), name: nameOf(config), form, text };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { file } =
      error.file === undefined ? config.origin : { file: relative(shownFrom, resolve(folder, error.file)) };
    throw error.with(error.code, file === undefined ? {} : { file });
  }
}

/**
 * A configuration as kustomize hands it on to a plug-in. kustomize reads YAML 1.2 and prints it anew: texts that YAML 1.1 takes for something
 * else (`y`, `off`) are quoted, and dates are times.
 */
function asHandedOn(config: Manifest): Manifest {
  const root = rebuilt(config.root, {
    leaf(of) {
      const { value, source } = of;
      if (typeof value !== 'string') return of;
      return leaf((source?.style.endsWith('plain') && timeOfDay(value)) || value);
    },
  });
  return { ...config, root: root as Branch };
}

const DATE = /^(\d{4})-(\d\d?)-(\d\d?)$/;

/** The time at which a date begins; undefined for what is not one. */
function timeOfDay(text: string): string | undefined {
  const [, year, month = '', day = ''] = DATE.exec(text) ?? [];
  const time = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00Z`;
  return parseRfc3339(time) ? time : undefined;
}

/** The generators of a kustomization that can be made ahead. kustomize takes no two of one kind and name. */
function generatorsOf(one: Kustomization, shownFrom: string): Manifest[] {
  const others = (['transformers', 'validators'] as const).flatMap((field) => pluginConfigs(one, field, shownFrom));
  // A script does not see whether it is started to generate or to transform.
  if (others.some(isOurs) || !isListed(one)) return [];
  const configs = pluginConfigs(one, 'generators', shownFrom);
  const names = configs.map(nameOf);
  return configs.filter((config, at) => {
    const name = names[at] ?? '';
    const isOnly = names.indexOf(name) === names.lastIndexOf(name);
    return isOnly && PLAIN_NAME.test(name) && !config.sops && isOurs(config) && formOf(config) !== undefined;
  });
}

/** Whether the generators of a kustomization are what its files say: local, and of folders that only list them. */
function isListed({ folder, root }: Kustomization): boolean {
  return textsOf(valueAt(root, 'generators')).every((entry) => {
    if (isInline(entry)) return true;
    if (isRemote(entry, folder)) return false;
    const path = resolve(folder, entry);
    return !isFolder(path) || kustomizationsBelow(path, folder).every(onlyLists);
  });
}

function onlyLists({ root }: Kustomization): boolean {
  return root.items.every((entry) => entry.kind !== 'item' || LISTING_FIELDS.includes(entry.key));
}

export function isOurs({ root }: Manifest): boolean {
  return LEGACY_KINDS.some(
    ({ apiVersion, kind }) => stringAt(root, 'apiVersion') === apiVersion && stringAt(root, 'kind') === kind,
  );
}

/** How kustomize starts a configuration's plug-in; undefined for another program than ours, or one that is told more. */
function formOf({ root }: Manifest): PluginForm | undefined {
  const asked = krmFunctionOf(root);
  if (!asked) return 'legacy';
  const isPlain = asked.kind === 'branch' && asked.items.length === 1;
  const exec = valueAt(asked, 'exec');
  const isSimple = exec?.kind === 'branch' && exec.items.length === 1;
  return isPlain && isSimple && PROGRAM_NAMES.includes(stringAt(exec, 'path') ?? '') ? 'krm' : undefined;
}

function nameOf({ root }: Manifest): string {
  return stringAt(root, 'metadata', 'name') ?? '';
}

/** Puts what was made where the launchers look for it. `placeOf` says where kustomize runs what is in a folder. */
export function putAhead(made: readonly MadeAhead[], room: string, placeOf: (folder: string) => string): void {
  for (const { folder, name, form, text } of made) {
    const path = join(room, form, placeOf(folder), MADE, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  }
}
