/** `kustomize build`: a build with the plug-in set up, encrypted sources decrypted before it and its output after it (docs/kubernetes/kustomize.md#commands). */

import { delimiter, join, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { type ChildEnd, type ChildRun, statusOf, superviseChild } from '../../exec/child.js';
import { findProgram } from '../../exec/find-program.js';
import { makePrivateFolder, type PrivateFolder, removeLeftovers } from '../../exec/private-folder.js';
import { ENDING_SIGNALS, type OwnProcess } from '../../exec/process-access.js';
import { startReason } from '../../exec/run-program.js';
import type { FormatName } from '../../formats/registry.js';
import { FORMATS, formatNamed } from '../../formats/registry.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { cleanUpAfter } from '../../util/cleanup.js';
import { statOrThrow, systemCode } from '../../util/files/files.js';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { DISABLING, formatOfMarker, MOST_BYTES } from './built-objects.js';
import { type FilterRules, filterBuilt } from './filter.js';
import { envFormatOf, fluxFormatOf } from './flux-formats.js';
import {
  isFolder,
  type Kustomization,
  krmFunctionOf,
  kustomizationsBelow,
  PLUGIN_FIELDS,
  partsOf,
  patchFiles,
  pluginConfigs,
  secretGeneratorFiles,
} from './kustomization.js';
import {
  type LaunchTarget,
  LEGACY_KINDS,
  legacyPath,
  type PluginForm,
  PROGRAM_NAMES,
  pluginHomes,
  refuseOnWindows,
  writeMadeLauncher,
} from './launcher.js';
import { isOurs, type MadeAhead, makeAhead, putAhead } from './made-ahead.js';
import { type Mirror, makeMirror, mirrored } from './mirror.js';
import { MIRROR, MIRRORED } from './mirror-variables.js';
import { concurrencyLimit } from './plugin-run.js';
import type { OpenValues } from './reference-values.js';
import { readSource, Sources } from './sources.js';

export interface BuildRequest extends FilterRules {
  readonly folder: string;
  /** More words for kustomize. */
  readonly args: readonly string[];
  readonly launch: LaunchTarget;
  /** What gives values for references; without it a generator that asks for them leaves them. */
  readonly openValues?: OpenValues;
}

/** What a build gives: its output, complete or empty, what kustomize said, and the exit status. */
export interface BuildOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

const GRACE_MILLISECONDS = 500;
const NO_GENERATORS = 'Name the encrypted files under secretGenerator or resources instead, or build in WSL.';
const FLAGS = ['--enable-alpha-plugins', '--enable-exec'];

/**
 * Builds a folder. Plaintext is in a folder of mode 0700 (in memory where possible) that is gone when this returns, and is removed
 * after signals too, which are passed on to kustomize. Throws SopsError; there is no output then.
 */
export async function buildKustomization(request: BuildRequest, own: OwnProcess, host: Session): Promise<BuildOutcome> {
  const folder = resolve(host.cwd, request.folder);
  const tool = await findTool(host);
  const kustomizations = kustomizationsBelow(folder, host.cwd);
  if (!tool.runsKrm) refuseKrm(kustomizations, host);
  if (host.platform === 'win32' && kustomizations.some((one) => startsUs(one, host)))
    refuseOnWindows(host, 'for its generators kustomize would start', NO_GENERATORS);
  const keyServices = keyServicesOf(undefined, host);
  const limit = concurrencyLimit(host);
  const sources = new Sources(host, limit, keyServices);
  const replaced = await decryptedSources(kustomizations, request, sources, host);
  const made = await makeAhead(kustomizations, { keyServices, openValues: request.openValues, limit }, host);
  removeLeftovers(own, host);
  const room = makeRoom(own, host);
  return cleanUpAfter(
    async () => {
      // kustomize resolves links, and what it says of places must be recognised.
      const place = realpathSync(room.path);
      const outcome = await runIn(place, { tool, folder, kustomizations, replaced, made, request, own, host });
      if (outcome.status !== 0) return outcome;
      return { ...outcome, stdout: await filterBuilt(Buffer.from(outcome.stdout), request.folder, request, host) };
    },
    () => room.remove(),
  );
}

interface Tool {
  readonly file: string;
  readonly words: readonly string[];
  /** Whether it runs functions of the KRM form; kubectl skips them without a word. */
  readonly runsKrm: boolean;
}

async function findTool(host: Host): Promise<Tool> {
  const kustomize = await findProgram('kustomize', host);
  if (kustomize) return { file: kustomize, words: ['kustomize', 'build', ...FLAGS], runsKrm: true };
  const kubectl = await findProgram('kubectl', host);
  if (kubectl) return { file: kubectl, words: ['kubectl', 'kustomize', FLAGS[0] ?? ''], runsKrm: false };
  throw new SopsError('failed', 'neither kustomize nor kubectl is on PATH', { hint: 'Install kustomize 5.' });
}

function startsUs(one: Kustomization, { cwd }: Host): boolean {
  return PLUGIN_FIELDS.some((field) => pluginConfigs(one, field, cwd).some(isOurs));
}

function refuseKrm(kustomizations: readonly Kustomization[], host: Host): void {
  for (const one of kustomizations) {
    for (const field of PLUGIN_FIELDS) {
      const found = pluginConfigs(one, field, host.cwd).find(({ root }) => krmFunctionOf(root));
      if (!found) continue;
      const { file = one.file } = found.origin;
      throw new SopsError('failed', `${file} is a KRM function, which kubectl would skip without a word`, {
        file,
        hint: 'Install kustomize, or take the annotation out: the legacy form works with both.',
      });
    }
  }
}

function makeRoom(own: OwnProcess, host: Host): PrivateFolder {
  try {
    return makePrivateFolder(own, host);
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('output-unwritable', `cannot make a private folder: ${systemCode(cause) ?? 'unknown'}`, {
      cause,
    });
  }
}

/** By path, the plaintext of what kustomize itself reads: files of generators and patches, and listed objects. */
async function decryptedSources(
  kustomizations: readonly Kustomization[],
  { skipMac, heedsAnnotation }: BuildRequest,
  sources: Sources,
  host: Session,
): Promise<Map<string, Uint8Array>> {
  const wanted = new Map<string, FormatName>();
  for (const one of kustomizations) {
    for (const { path, format } of candidatesOf(one)) {
      const found = encryptedFormat(path, format, one, host);
      if (found && !(heedsAnnotation && readFileSync(path).includes(DISABLING))) wanted.set(realpathSync(path), found);
    }
  }
  const opened = [...wanted].map(async ([path, format]): Promise<[string, Uint8Array]> => {
    const { bytes } = await sources.open(relative(host.cwd, path), { ignoreMac: skipMac, format });
    return [path, bytes];
  });
  return new Map(await Promise.all(opened));
}

function candidatesOf(one: Kustomization): { path: string; format: FormatName }[] {
  const generated = secretGeneratorFiles(one).map(({ path, formatName, isEnv }) => {
    const name = formatName.slice(formatName.lastIndexOf('/') + 1);
    return { path, format: isEnv ? envFormatOf(name) : fluxFormatOf(name) };
  });
  const listed = [...patchFiles(one), ...partsOf(one).files].map((path) => ({ path, format: fluxFormatOf(path) }));
  return [...generated, ...listed];
}

/** The format of a file that is encrypted, small and regular; its marker must fit what kustomize will take it for. */
function encryptedFormat(path: string, format: FormatName, one: Kustomization, host: Session): FormatName | undefined {
  const stat = statOrThrow(path);
  if (!stat?.isFile() || stat.size > MOST_BYTES) return undefined;
  const within = host.fork({ cwd: one.folder });
  const bytes = readSource(relative(one.folder, path), within);
  const found = formatOfMarker(bytes, path);
  if (found === undefined) return undefined;
  const { container } = formatNamed(found);
  const alike = FORMATS.filter((row) => row.name === found || row.container === found || row.name === container);
  return (alike.find(({ name }) => name === format) ?? alike.find(({ whole }) => whole))?.name;
}

interface Run {
  readonly tool: Tool;
  readonly folder: string;
  readonly kustomizations: readonly Kustomization[];
  readonly replaced: ReadonlyMap<string, Uint8Array>;
  readonly made: readonly MadeAhead[];
  readonly request: BuildRequest;
  readonly own: OwnProcess;
  readonly host: Host;
}

async function runIn(room: string, run: Run): Promise<BuildOutcome> {
  const { tool, folder, kustomizations, replaced, made, request, own, host } = run;
  const home = join(room, 'plugins');
  const path = join(room, 'bin');
  const madeRoom = join(room, 'made');
  await setUpPlugins({ home, path, made: madeRoom }, request.launch, host);
  const mirror = replaced.size > 0 ? makeMirror(kustomizations, join(room, 'tree'), replaced) : undefined;
  putAhead(made, madeRoom, (one) => (mirror ? mirrored(one, mirror) : one));
  const target = mirror ? mirrored(realpathSync(folder), mirror) : folder;
  const env = environmentOf(host, {
    KUSTOMIZE_PLUGIN_HOME: home,
    PATH: [path, host.env.PATH ?? ''].join(delimiter),
    ...(mirror && { [MIRROR]: mirror.copy, [MIRRORED]: mirror.source }),
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const args = [...tool.words, ...request.args, target];
  const interrupted = afterSignal(own);
  const streams = { out: collector(out, interrupted.grace), err: collector(err, interrupted.grace) };
  const build: ChildRun = {
    file: tool.file,
    args,
    env,
    cwd: host.cwd,
    platform: host.platform,
    isShell: false,
    streams,
  };
  const end = await supervised(build, own).finally(() => interrupted.forget());
  const stderr = withRealPaths(Buffer.concat(err).toString('utf8'), mirror);
  const status = statusOf(end);
  return { stdout: status === 0 ? Buffer.concat(out).toString('utf8') : '', stderr, status };
}

/** Runs kustomize. Throws `failed` when the system does not start it. */
async function supervised(build: ChildRun, own: OwnProcess): Promise<ChildEnd> {
  try {
    return await superviseChild(() => build, own);
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    throw new SopsError('failed', `${build.file} cannot be run: ${startReason(cause)}`, { cause });
  }
}

interface PluginPlaces {
  readonly home: string;
  readonly path: string;
  readonly made: string;
}

/** Launchers for both forms, beside what the user's own home of plug-ins has. */
async function setUpPlugins({ home, path, made }: PluginPlaces, launch: LaunchTarget, host: Host): Promise<void> {
  const write = (file: string, form: PluginForm) => writeMadeLauncher(file, launch, form, join(made, form));
  for (const name of PROGRAM_NAMES) await write(join(path, name), 'krm');
  for (const kind of LEGACY_KINDS) await write(legacyPath(home, kind), 'legacy');
  const users = pluginHomes(host)
    .map((one) => resolve(host.cwd, one))
    .find(isFolder);
  if (users === undefined) return;
  mkdirSync(home, { recursive: true });
  const ours = new Set(readdirSync(home));
  // The last word is for Windows, where other links are for administrators.
  for (const group of readdirSync(users))
    if (!ours.has(group)) symlinkSync(join(users, group), join(home, group), 'junction');
}

function environmentOf(host: Host, more: Readonly<Record<string, string>>): Record<string, string> {
  const given = Object.entries(host.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([...given, ...Object.entries(more)]);
}

/** Settles a little after a signal that ends kustomize: what it started may go on, and must not keep plaintext in the folder. */
function afterSignal(own: OwnProcess): { readonly grace: Promise<void>; forget(): void } {
  let forget = (): void => undefined;
  const grace = new Promise<void>((settle) => {
    forget = own.onSignals(ENDING_SIGNALS, () => setTimeout(settle, GRACE_MILLISECONDS));
  });
  return { grace, forget: () => forget() };
}

function collector(into: Buffer[], grace: Promise<void>): (source: NodeJS.ReadableStream) => Promise<void> {
  return (source) => {
    const whole = new Promise<void>((settle, reject) => {
      source
        .on('data', (chunk: Buffer) => into.push(chunk))
        .on('end', settle)
        .on('error', reject);
    });
    return Promise.race([whole, grace]);
  };
}

/** What kustomize says of files in the copy is about those of the user. */
function withRealPaths(text: string, mirror: Mirror | undefined): string {
  return mirror ? text.replaceAll(mirror.copy, mirror.source) : text;
}
