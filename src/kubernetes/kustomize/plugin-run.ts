/** One run of the plug-in: from what kustomize hands over to what it takes back (docs/kubernetes/kustomize.md#how-plug-ins-are-found, docs/kubernetes/ksops.md#modes). */
import { SopsError } from '../../errors.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { trailOf } from '../../run/audit-trail.js';
import { type Branch, branch, item, leaf, list, type Value } from '../../tree/tree.js';
import type { Host, Session } from '../../util/host/host.js';
import { wordedFailure } from '../../util/host/system-failure.js';
import { append } from '../../util/lists.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { type Manifest, stringAt, valueAt, valuesOf, withoutEntries } from '../manifest/manifest.js';
import { printManifests, wrapped } from '../manifest/print.js';
import { readManifests } from '../manifest/read.js';
import { decryptBuilt } from './built-objects.js';
import { type GeneratedEntry, generate } from './generate.js';
import { KeySpecError, ksopsPlan } from './ksops-plan.js';
import type { PluginForm } from './launcher.js';
import { isOwnKind, ownPlan } from './own-plan.js';
import type { GeneratorPlan } from './plan.js';
import { type OpenValues, type ReferenceValues, withValues } from './reference-values.js';
import { readSource, Sources } from './sources.js';

const DEFAULT_LIMIT = 20;
const RESOURCE_LIST = 'ResourceList';
const LOCAL_CONFIG = 'config.kubernetes.io/local-config';
/** Annotations by which kustomize finds an object again; they differ between an item and `functionConfig`. */
const ANNOTATIONS = ['metadata', 'annotations'];

/** What a run leaves behind. Standard error is the caller's business, but for warnings. */
export interface PluginOutcome {
  readonly stdout: string;
  /** Undefined when it succeeded. */
  readonly error: unknown;
}

/**
 * The legacy exec form: a configuration file, and for a transformer of our own kind the objects on standard input. Returns
 * the stream; nothing of it when something failed.
 */
export async function runLegacy(
  configPath: string,
  readInput: () => Promise<Uint8Array>,
  host: Session,
  openValues?: OpenValues,
): Promise<PluginOutcome> {
  try {
    const [config] = readManifests(readConfig(configPath, host), { keepLists: true });
    if (!config) throw new SopsError('failed', `the configuration ${configPath} is empty`);
    if (!isOwnKind(config.root)) return { stdout: await ksopsStream(config, host), error: undefined };
    const input = readManifests(await readInput());
    const plan = ownPlan(config, input.length > 0);
    const objects = await withValues([plan], openValues, host, (values) => transformed(plan, input, host, values));
    return { stdout: printManifests(objects.map(({ root }) => root)), error: undefined };
  } catch (error) {
    return { stdout: '', error };
  }
}

function readConfig(path: string, host: Host): Uint8Array {
  try {
    return readSource(path, host);
  } catch (cause) {
    throw new SopsError('input-unreadable', `unable to read in manifest: ${path}`, { cause });
  }
}

/**
 * What a run for one generator prints, without kustomize: `host` runs in the folder of its kustomization, and `keyServices` may be those of
 * other runs. Throws SopsError.
 */
export async function generatorOutput(
  config: Manifest,
  form: PluginForm,
  host: Session,
  {
    keyServices,
    openValues,
  }: { readonly keyServices: readonly KeyService[]; readonly openValues?: OpenValues | undefined },
): Promise<string> {
  const sources = sourcesOf(host, keyServices);
  if (form === 'legacy' && !isOwnKind(config.root)) return ksopsStream(config, host, sources);
  const plan = planOf(config);
  const objects = await withValues([plan], openValues, host, (values) => generated([plan], sources, host, values));
  const roots = objects.map(({ root }) => root);
  return form === 'krm' ? printList({ config }, roots) : printManifests(roots);
}

async function ksopsStream(config: Manifest, host: Session, sources = sourcesOf(host)): Promise<string> {
  const plan = ksopsPlan(config);
  const parts = await generate(plan, sources, host);
  const ends = parts.map(({ text, from }, index) => {
    if (index === parts.length - 1) return text;
    return from === 'file' ? `${text}\n---\n` : `${text}---\n`;
  });
  return ends.join('');
}

/**
 * The KRM form: a ResourceList in, a ResourceList out. When something failed that is the list as it came, with the reason in its
 * `results`. A bare configuration is taken too, and gives a bare stream.
 */
export async function runKrm(input: Uint8Array, host: Session, openValues?: OpenValues): Promise<PluginOutcome> {
  let request: Request | undefined;
  try {
    request = requestOf(input);
    const objects = await answer(request, host, openValues);
    const roots = objects.map(({ root }) => root);
    return { stdout: request.list ? printList(request, roots) : printManifests(roots), error: undefined };
  } catch (error) {
    return { stdout: request?.list ? failedList(request, error) : '', error };
  }
}

interface Request {
  /** The list as read; undefined for a bare configuration. */
  readonly list: Manifest | undefined;
  readonly items: readonly Manifest[];
  readonly config: Manifest | undefined;
}

function requestOf(input: Uint8Array): Request {
  const documents = readManifests(input, { keepLists: true });
  const [list] = documents;
  if (!list) throw new SopsError('input-unreadable', 'standard input is empty: a ResourceList was to come');
  if (stringAt(list.root, 'kind') !== RESOURCE_LIST) return { list: undefined, items: documents, config: undefined };
  if (documents.length > 1) throw new SopsError('document-invalid', 'more than one document on standard input');
  const config = valueAt(list.root, 'functionConfig');
  const items = valuesOf(valueAt(list.root, 'items')).map((value) => objectOf(value, list));
  // kustomize writes functionConfig after the items: without it the end is missing.
  if (config?.kind !== 'branch' || !stringAt(config, 'kind') || !valueAt(config, 'metadata', 'name')) throw cut();
  const own = items.filter(({ root }) => stringAt(root, ...ANNOTATIONS, LOCAL_CONFIG) === 'true' && !isForeign(root));
  if (own.length > 0 && !own.some(({ root }) => isConfiguration(root, config))) throw cut();
  return { list, items, config: { ...list, root: config } };
}

/** Whether an object is a configuration of neither kind. */
function isForeign(root: Branch): boolean {
  return !isOwnKind(root) && !stringAt(root, 'apiVersion')?.startsWith('viaduct.ai/');
}

function objectOf(root: Value, list: Manifest): Manifest {
  if (root.kind !== 'branch') throw new SopsError('document-invalid', 'an item of the ResourceList is not a map');
  return { ...list, root: withoutEntries(root, 'sops'), sops: valueAt(root, 'sops') };
}

function cut(): SopsError {
  return new SopsError(
    'input-unreadable',
    'standard input was cut: the ResourceList ends before its functionConfig does',
  );
}

async function answer(request: Request, host: Session, openValues: OpenValues | undefined): Promise<Manifest[]> {
  const { items, config } = request;
  const isGenerator = !config || items.some(({ root }) => isConfiguration(root, config.root));
  if (config && isOwnKind(config.root) && !isGenerator) {
    const plan = ownPlan(config, true);
    return withValues([plan], openValues, host, (values) => transformed(plan, items, host, values));
  }
  for (const object of items) {
    if (config && isConfiguration(object.root, config.root)) checkWhole(object, config);
  }
  const plans = items.map(planOf);
  return withValues(plans, openValues, host, (values) => generated(plans, sourcesOf(host), host, values));
}

/** The objects of generators, in the order of the KRM form: for ksops's kind its own. */
async function generated(
  plans: readonly GeneratorPlan[],
  sources: Sources,
  host: Session,
  values: ReferenceValues | undefined,
): Promise<Manifest[]> {
  const made: Manifest[] = [];
  for (const plan of plans) append(made, objectsOf(await generate(plan, sources, host, values)));
  const sorts = plans.some(({ dialect }) => dialect === 'ksops');
  return sorts ? made.toSorted((one, other) => compareBytes(sortKey(one), sortKey(other))) : made;
}

function planOf(object: Manifest): GeneratorPlan {
  return isOwnKind(object.root) ? ownPlan(object) : ksopsPlan(object);
}

/** The order of ksops. */
function sortKey({ root }: Manifest): string {
  const paths = [['apiVersion'], ['kind'], ['metadata', 'namespace'], ['metadata', 'name']];
  return paths.map((path) => stringAt(root, ...path) ?? '').join(' ');
}

/** A generator is given its own configuration as item; a transformer the objects of the build. */
function isConfiguration(root: Branch, config: Branch): boolean {
  const isLocal = stringAt(root, ...ANNOTATIONS, LOCAL_CONFIG) === 'true';
  return isLocal && ['apiVersion', 'kind'].every((field) => stringAt(root, field) === stringAt(config, field));
}

/** The configuration stands in the input twice; if the later one says less, the input was cut. */
function checkWhole(object: Manifest, config: Manifest): void {
  const [one, other] = [object, config].map(({ root }) => printManifests([withoutAnnotations(root)], { sort: true }));
  if (one !== other) throw cut();
}

function withoutAnnotations(root: Branch): Branch {
  const metadata = valueAt(root, 'metadata');
  if (metadata?.kind !== 'branch') return root;
  return branch(
    root.items.map((entry) =>
      entry.kind === 'item' && entry.key === 'metadata'
        ? item('metadata', withoutEntries(metadata, 'annotations'))
        : entry,
    ),
  );
}

/** What our own kind makes of the objects of a build: those that are encrypted are decrypted, its own are added. */
async function transformed(
  plan: GeneratorPlan,
  items: readonly Manifest[],
  host: Session,
  values: ReferenceValues | undefined,
): Promise<Manifest[]> {
  const sources = sourcesOf(host);
  const parts = await generate(plan, sources, host, values);
  const rules = {
    keyServices: keyServicesOf(undefined, host),
    trail: trailOf({ kind: 'file', path: '.' }, host),
    skipMac: plan.ignoreMac,
    heedsAnnotation: false,
  };
  const decrypted: Manifest[] = [];
  for (const object of items) decrypted.push(await decryptBuilt(object, rules));
  if (plan.resolvesReferences) await values?.inObjects(decrypted.map(({ root }) => root));
  return [...decrypted, ...objectsOf(parts)];
}

function objectsOf(parts: readonly GeneratedEntry[]): Manifest[] {
  return parts.flatMap((part) => part.objects);
}

function sourcesOf(host: Session, keyServices?: readonly KeyService[]): Sources {
  return new Sources(host, concurrencyLimit(host), keyServices);
}

/** How many files are opened at a time. Throws `failed`. */
export function concurrencyLimit({ env }: Pick<Host, 'env'>): number {
  const text = env.KSOPS_CONCURRENCY_LIMIT;
  if (!text) return DEFAULT_LIMIT;
  const limit = /^[+]?[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1) return limit;
  throw new SopsError(
    'failed',
    `error parsing KSOPS_CONCURRENCY_LIMIT value ${JSON.stringify(text)}: it must be 1 or more`,
  );
}

function printList({ config }: Pick<Request, 'config'>, roots: readonly Branch[], results?: Branch): string {
  const more = [
    ...(config ? [item('functionConfig', config.root)] : []),
    ...(results ? [item('results', list([results]))] : []),
  ];
  return printManifests([wrapped('config.kubernetes.io/v1', RESOURCE_LIST, roots, branch(more))]);
}

/** The list as it came, with the reason; kustomize does not show it, other runners do. */
function failedList(request: Request, error: unknown): string {
  const worded = wordedFailure(error);
  const known = worded instanceof SopsError ? worded : undefined;
  const result = branch([
    item('message', leaf(known?.message ?? 'internal error')),
    item('severity', leaf('error')),
    ...(known?.file === undefined ? [] : [item('file', branch([item('path', leaf(known.file))]))]),
  ]);
  const inputs = request.items.filter(({ sops }) => !sops).map(({ root }) => root);
  return printList(request, inputs, result);
}

/** What is said of a failure on standard error, its line end included (docs/kubernetes/ksops.md#failures). */
export function failureText(error: SopsError, form: 'legacy' | 'krm'): string {
  if (error instanceof KeySpecError) return `${error.message}\n`;
  if (error.message.startsWith('unable to read in manifest')) return `${error.message}\n`;
  const lead = form === 'krm' ? 'failed to evaluate function' : 'unable to generate manifests';
  const file = error.file === undefined || error.message.includes(error.file) ? '' : ` (in ${error.file})`;
  const hint = error.hint === undefined ? '' : `\n  ${error.hint.replaceAll('\n', '\n  ')}`;
  return `${lead}: ${error.message.trimEnd()}${file}${hint}\n`;
}
