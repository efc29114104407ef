/** `git install`, `uninstall` and `status`: what git needs to know of encrypted files, in the settings of a repository or of the user. */
import { join } from 'node:path';
import { statOrThrow } from '../util/files/files.js';
import { TEMPORARY_PATTERN } from '../util/files/temporary-name.js';
import type { Session } from '../util/host/host.js';
import { LOCK_PATTERN } from '../util/locks/file-lock.js';
import { coverage, installAttributes, olderStatus, removeAttributes } from './attribute-setup.js';
import {
  DRIVER,
  diffDrivers,
  driverSettings,
  keptPlaintext,
  removeSettings,
  settingInForce,
  writeSettings,
} from './driver-settings.js';
import { hookStatus, installHooks, removeHooks } from './hooks.js';
import { withBlock, withoutBlocks } from './marked-block.js';
import { type SetupPlace, type SetupRequest, setupPlaceOf } from './place.js';
import { readSettingsFile, writeSettingsFile } from './settings-file.js';
import { changed, done, kept, type SetupStep, todo } from './setup-report.js';

/**
 * Sets everything up; what is there already stays as it is. Each step is handed over when it is done, so that whoever asked knows how far it
 * came if one fails. Throws `failed` outside of a repository, `config` for a `.sops.yaml` that cannot be read, `output-unwritable`.
 */
export async function* installForGit(request: SetupRequest, host: Session): AsyncGenerator<SetupStep> {
  const place = await setupPlaceOf(request, host);
  yield* settingSteps(place);
  yield* installAttributes(place);
  yield* installHooks(place);
  yield* await excludePassing(place);
  yield* await plaintextSteps(place);
  yield* startSteps(place);
}

/** Takes out what {@link installForGit} put in, and nothing else. Hands over and throws as that does. */
export async function* uninstallForGit(request: SetupRequest, host: Session): AsyncGenerator<SetupStep> {
  const place = await setupPlaceOf(request, host);
  let wasThere = false;
  for await (const step of removalSteps(place)) {
    wasThere = true;
    yield step;
  }
  if (!wasThere) yield kept('nothing of sops-ts was there');
}

async function* removalSteps(place: SetupPlace): AsyncGenerator<SetupStep> {
  if (await removeSettings(place)) yield done('drivers: taken out of git config');
  yield* removeAttributes(place);
  yield* removeHooks(place);
  yield* await includePassing(place);
}

/** The settings as one step, which is told also when only some of them could be made. */
async function* settingSteps(place: SetupPlace): AsyncGenerator<SetupStep> {
  const text = `drivers: merge, diff and mergetool ${DRIVER}, in git config`;
  let isChanged = false;
  try {
    for await (const _ of writeSettings(place)) isChanged = true;
  } catch (error) {
    if (isChanged) yield done(`${text}: some of them`);
    throw error;
  }
  yield changed(isChanged, text);
}

/** Tells what of it is there. Nothing is changed. Throws `failed` outside of a repository. */
export async function statusForGit(request: SetupRequest, host: Session): Promise<SetupStep[]> {
  const place = await setupPlaceOf(request, host);
  return [
    ...(await settingStatus(place)),
    ...(await olderStatus(place)),
    ...(await coverage(place)),
    ...(await hookStatus(place)),
    ...excludeStatus(place),
    ...(await plaintextSteps(place)),
  ];
}

/** Locks and temporary files last no longer than a write, and are never to be committed. */
const PASSING = [LOCK_PATTERN, TEMPORARY_PATTERN];

function excludeFile({ commonFolder, isGlobal }: SetupPlace): string | null {
  return commonFolder === null || isGlobal ? null : join(commonFolder, 'info', 'exclude');
}

async function excludePassing(place: SetupPlace): Promise<SetupStep[]> {
  const path = excludeFile(place);
  if (path === null) return [];
  const read = readSettingsFile(path);
  const text = withBlock(read ?? '', PASSING, { at: 'end' });
  return [changed(await writeSettingsFile(path, { read, text }, place), 'locks of sops-ts: ignored by info/exclude')];
}

async function includePassing(place: SetupPlace): Promise<SetupStep[]> {
  const path = excludeFile(place);
  const read = path === null ? null : readSettingsFile(path);
  if (path === null || read === null) return [];
  const isChanged = await writeSettingsFile(path, { read, text: withoutBlocks(read) }, place);
  return isChanged ? [done('info/exclude: taken out')] : [];
}

function excludeStatus(place: SetupPlace): SetupStep[] {
  const path = excludeFile(place);
  if (path === null) return [];
  const text = readSettingsFile(path) ?? '';
  if (PASSING.every((line) => text.includes(line))) return [kept('locks of sops-ts: ignored by info/exclude')];
  return [todo('locks of sops-ts are not ignored: they could be committed')];
}

async function settingStatus(place: SetupPlace): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  for (const name of driverSettings(place.program).keys()) {
    const value = await settingInForce(name, place);
    if (value === undefined) steps.push(todo(`${name} is not set`));
    else if (name.endsWith('.driver') && !value.includes('git merge-driver')) {
      steps.push(todo(`${name} calls something else: ${value}`));
    }
    const gone = value === undefined ? undefined : absentProgram(value);
    if (gone !== undefined) steps.push(todo(`${name} starts ${gone}, which is not there any more`));
  }
  if (steps.length > 0) return steps;
  return [kept(`drivers: merge, diff and mergetool ${DRIVER}, in git config`)];
}

/** An absolute path at the beginning of a command that leads nowhere. */
function absentProgram(command: string): string | undefined {
  const paths = [...command.matchAll(/'(\/[^']*)'|(?<![\w'$"])(\/[\w@+=:,./-]+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  return paths.find((path) => /(?:node|bun|deno|sops-ts(?:\.js)?)$/.test(path) && !statOrThrow(path));
}

/** What git has kept of plaintext, or would keep. */
async function plaintextSteps(place: SetupPlace): Promise<SetupStep[]> {
  const drivers = await diffDrivers(place);
  const steps = drivers
    .filter(({ isCached }) => isCached)
    .map(({ name }) =>
      todo(`diff.${name}.cachetextconv is true: git keeps the plaintext among its objects`, [
        `git config --unset-all diff.${name}.cachetextconv`,
      ]),
    );
  const refs = place.isGlobal ? [] : await keptPlaintext(drivers, place);
  for (const ref of refs) {
    const lines = [`git update-ref -d ${ref}`, 'git reflog expire --expire=now --all && git gc --prune=now'];
    steps.push(todo(`${ref} holds plaintext that git has kept: take it out`, lines));
  }
  return steps;
}

/** What is left to say about how sops-ts is started. */
function startSteps({ isGlobal, start }: SetupPlace): SetupStep[] {
  if (start.isOnPath) return isGlobal ? [kept('hooks are set up in each repository: sops-ts git install')] : [];
  return [
    todo(`sops-ts is not on PATH, so the settings name ${start.command.at(-1)}: install again when it has moved`),
  ];
}
