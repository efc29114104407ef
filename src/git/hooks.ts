/** Putting our lines into hooks, taking them out, and telling which are there. */
import { basename, join, relative } from 'node:path';
import { isWithin, statOrThrow } from '../util/files/files.js';
import { readdirSync, renameSync } from '../util/files/fs.js';
import { HOOKS, type HookName, hookLines } from './hook-lines.js';
import { withEntries } from './hook-managers/entries.js';
import type { HookEntries } from './hook-managers/manager.js';
import { type FoundManager, hookManagerOf } from './hook-managers/registry.js';
import { blockIn, withBlock, withoutBlocks } from './marked-block.js';
import { type SetupPlace, SHARED_PROGRAM } from './place.js';
import { isLink, isProgram, readSettingsFile, writeSettingsFile } from './settings-file.js';
import { changed, kept, type SetupStep, todo } from './setup-report.js';

/** Puts our lines into the hooks. */
export async function* installHooks(place: SetupPlace): AsyncGenerator<SetupStep> {
  if (place.isGlobal || (place.top === null && place.commonFolder !== null)) return;
  const manager = await hookManagerOf(place);
  const { hooks } = manager.row;
  const folder = manager.path ?? manager.folder;
  if (hooks.are === 'entries') yield await installEntries(hooks, manager, place);
  else if (manager.path === null && !manager.isOwn) yield foreignFolder(manager);
  else if (place.isPrivate && isShared(folder, place)) {
    yield todo(`hooks are in ${shown(folder, place)}, which is committed: put these lines into them`, allLines());
  } else for (const hook of HOOKS) yield await installHook(hook, manager, place);
}

function foreignFolder({ folder }: FoundManager): SetupStep {
  const lines = ['Or give the repository a folder of its own: git config core.hooksPath .githooks'];
  return todo(`hooks are in ${folder}, outside of this repository: nothing was put there, since it is for others too`, [
    ...lines,
    ...allLines(),
  ]);
}

function allLines(): string[] {
  return HOOKS.flatMap((hook) => [`# ${hook}`, ...hookLines(hook, SHARED_PROGRAM)]);
}

/** Whether a file may be committed, and so must not name what is on this machine alone. */
function isShared(path: string, { top, commonFolder }: SetupPlace): boolean {
  return top !== null && isWithin(path, top) && !(commonFolder !== null && isWithin(path, commonFolder));
}

const FIRST_LINE = '#!/bin/sh\n';

async function installHook(hook: HookName, manager: FoundManager, place: SetupPlace): Promise<SetupStep> {
  const { path, own } = hookFile(hook, manager);
  const program = isShared(path, place) ? SHARED_PROGRAM : place.program;
  const lines = linesFor(path, hookLines(hook, program));
  const where = `${hook}: checked by ${shown(path, place)}`;
  const read = readSettingsFile(path);
  if (read === null) {
    const text = withBlock(own ? FIRST_LINE : '', lines, { at: 'end' });
    return changed(await writeSettingsFile(path, { read, text, isProgram: true }, place), where);
  }
  if (own && !isProgram(path, place.host)) {
    return todo(
      `${shown(path, place)} may not be executed, so git passes over it: chmod +x it, or remove it, and install again`,
    );
  }
  if (isLink(path) || !isShell(read, own)) return setAside(path, hook, { lines, place });
  const text = withBlock(read, lines, { at: bodyOf(read) });
  const step = changed(await writeSettingsFile(path, { read, text }, place), where);
  return read === withoutBlocks(read) ? { ...step, text: `${where}, before what was there` } : step;
}

/** The script of a hook, and whether git starts it itself: then it needs a first line, and the right to be executed. */
function hookFile(hook: HookName, { path, folder }: FoundManager): { path: string; own: boolean } {
  return { path: join(path ?? folder, hook), own: path === null };
}

/** Whether lines of a shell may be put into a hook. */
function isShell(text: string, needsFirstLine: boolean): boolean {
  const first = /^#![^\n]*/.exec(text)?.[0];
  if (first === undefined) return !needsFirstLine || !text.includes('\0');
  return /[/\s](?:sh|bash|dash|ash|ksh|zsh)(?:\s|$)/.test(first);
}

/** After the first line: further down something may end the hook before our lines are reached. */
function bodyOf(text: string): number {
  return text.startsWith('#!') && text.includes('\n') ? text.indexOf('\n') + 1 : 0;
}

/** The name that a hook of another language has while ours goes before it. */
const ASIDE = '.before-sops-ts';

/** Our lines, and where another hook was set aside for them, those that call it. */
function linesFor(path: string, lines: readonly string[]): readonly string[] {
  if (!statOrThrow(path + ASIDE)) return lines;
  return [...lines, `exec "$(dirname "$0")/${basename(path)}${ASIDE}" "$@"`];
}

/** A hook that lines cannot be put into gets another name, and ours calls it. */
async function setAside(
  path: string,
  hook: HookName,
  { lines, place }: { readonly lines: readonly string[]; readonly place: SetupPlace },
): Promise<SetupStep> {
  const aside = path + ASIDE;
  if (statOrThrow(aside)) return todo(`${shown(aside, place)} is in the way: it holds what another hook was`);
  renameSync(path, aside);
  const text = withBlock(FIRST_LINE, linesFor(path, lines), { at: 'end' });
  try {
    await writeSettingsFile(path, { read: null, text, isProgram: true }, place);
  } catch (error) {
    renameSync(aside, path);
    throw error;
  }
  return changed(true, `${hook}: checked by ${shown(path, place)}, before what was there (now ${basename(aside)})`);
}

async function installEntries(
  entries: HookEntries,
  { row: { name }, path: file }: FoundManager,
  place: SetupPlace,
): Promise<SetupStep> {
  const read = file === null ? null : readSettingsFile(file);
  const text = read === null ? null : await withEntries(read, entries);
  if (file === null || read === null || text === null || place.isPrivate) {
    if (read !== null && blockIn(read) !== undefined) return kept(`hooks are run by ${name}, which calls sops-ts`);
    const where = file === null ? `the configuration of ${name}` : shown(file, place);
    return todo(`hooks are run by ${name}: put this into ${where}`, entries.lines());
  }
  const step = changed(await writeSettingsFile(file, { read, text }, place), `hooks: checked by ${shown(file, place)}`);
  return { ...step, text: `${step.text}; ${entries.activation}` };
}

/** Takes our lines out of all files in which hooks may be. */
export async function* removeHooks(place: SetupPlace): AsyncGenerator<SetupStep> {
  if (place.isGlobal || place.top === null) return;
  for (const path of filesOf(await hookManagerOf(place))) {
    if (statOrThrow(path)?.isFile() && (await removeFrom(path, place)))
      yield changed(true, `${shown(path, place)}: taken out`);
  }
}

/** Where our lines may be: git's own hooks, if they are this repository's, and what the manager keeps. */
function filesOf({ row, folder, isOwn, path }: FoundManager): string[] {
  const folders = [...(isOwn ? [folder] : []), ...(path !== null && row.hooks.are === 'scripts' ? [path] : [])];
  const scripts = folders.flatMap((each) => HOOKS.map((hook) => join(each, hook)));
  return path !== null && row.hooks.are === 'entries' ? [...scripts, path] : scripts;
}

async function removeFrom(path: string, place: SetupPlace): Promise<boolean> {
  const read = readSettingsFile(path);
  if (read === null || blockIn(read) === undefined) return false;
  const left = withoutBlocks(read);
  await writeSettingsFile(path, { read, text: left === FIRST_LINE ? '' : left }, place);
  if (left === FIRST_LINE && readdirSync(join(path, '..')).includes(basename(path) + ASIDE))
    renameSync(path + ASIDE, path);
  return true;
}

/** Tells which hooks check what is committed. */
export async function hookStatus(place: SetupPlace): Promise<SetupStep[]> {
  if (place.isGlobal || place.top === null) return [];
  const manager = await hookManagerOf(place);
  const { hooks } = manager.row;
  if (hooks.are === 'entries') return HOOKS.map((hook) => entryStatus(hook, hooks, manager));
  return HOOKS.map((hook) => {
    const { path, own } = hookFile(hook, manager);
    if (blockIn(readSettingsFile(path) ?? '') === undefined)
      return todo(`${hook}: not checked (${shown(path, place)})`);
    const isRun = own ? isProgram(path, place.host) : statOrThrow(join(manager.folder, hook)) !== undefined;
    if (isRun) return kept(`${hook}: checked by ${shown(path, place)}`);
    const advice = hooks.activation === undefined ? '' : `: ${hooks.activation}`;
    return todo(`${hook}: ${shown(path, place)} is there, but git does not run it${advice}`);
  });
}

function entryStatus(
  hook: HookName,
  { isFor, activation }: HookEntries,
  { row: { name }, path, folder }: FoundManager,
): SetupStep {
  const text = path === null ? '' : (readSettingsFile(path) ?? '');
  const isNamed = /\bsops-ts\b/.test(text) && text.split(/\r?\n/).some((line) => isFor(line, hook));
  if (!isNamed) return todo(`${hook}: not checked, ${name} does not call sops-ts`);
  if (statOrThrow(join(folder, hook))) return kept(`${hook}: checked through ${name}`);
  return todo(`${hook}: ${name} is told to check, but not installed: ${activation}`);
}

function shown(path: string, { top, host }: SetupPlace): string {
  return top !== null && isWithin(path, top) ? relative(host.cwd, path) || '.' : path;
}
