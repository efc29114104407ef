/** Putting our lines into files of attributes, taking them out, and telling which encrypted files they leave out. */
import { join } from 'node:path';
import { listFiles } from '../exec/git/places.js';
import { statOrThrow } from '../util/files/files.js';
import {
  attributeLine,
  attributesOf,
  encryptedPaths,
  type FileAttributes,
  fileLines,
  rulePatterns,
  USUAL_PATTERNS,
} from './attribute-lines.js';
import { type DiffDriver, DRIVER, diffDrivers, unsetSetting } from './driver-settings.js';
import { blockIn, withBlock, withoutBlocks } from './marked-block.js';
import { attributesFile, type SetupPlace } from './place.js';
import { readSettingsFile, writeSettingsFile } from './settings-file.js';
import { changed, done, kept, type SetupStep, todo } from './setup-report.js';

/** Writes the lines for all rules, and for encrypted files that these leave out. */
export async function* installAttributes(place: SetupPlace): AsyncGenerator<SetupStep> {
  const path = await attributesFile(place);
  const { top, host } = place;
  yield* replaceOthers(place);
  if (top === null) {
    const lines = USUAL_PATTERNS.map(attributeLine);
    yield changed(await writeLines(path, lines, place), `attributes: the usual names, in ${path}`);
    return;
  }
  const { patterns, unsaid } = await rulePatterns(top, host);
  const before = readSettingsFile(path);
  const moved = movedLines(before);
  const lines = patterns.map(attributeLine);
  const encrypted = await encryptedPaths(top, host);
  // Only git can tell which files the patterns leave out.
  await writeLines(path, [...lines, ...moved], place);
  const left = uncovered(await attributesOf(encrypted, top, host)).filter(({ filter }) => filter === undefined);
  await writeLines(path, [...lines, ...fileLines(left.map((file) => file.path)), ...moved], place);
  const isChanged = readSettingsFile(path) !== before;
  const what = patterns.length > 0 ? 'for the rules of .sops.yaml' : 'for encrypted files';
  yield changed(isChanged, `attributes ${what}, in ${shownFile(path, place)}`);
  if (unsaid.length > 0) yield kept(unsaidText(unsaid), unsaid);
  yield* await coverage(place);
}

function unsaidText(unsaid: readonly string[]): string {
  const which = unsaid.length === 1 ? 'this rule has' : 'these rules have';
  return `patterns cannot say which files ${which} in mind, so files are named one by one: install again when there are more`;
}

/** The lines that `--replace` has put in place of others, with the comment above them; they are kept as they are. */
function movedLines(text: string | null): string[] {
  const lines = linesOfBlock(text ?? '');
  const at = lines.indexOf(MOVED);
  return at < 0 ? [] : lines.slice(at);
}

function linesOfBlock(text: string): string[] {
  return (blockIn(text) ?? '').split('\n').filter((line) => line !== '');
}

async function writeLines(path: string, lines: readonly string[], place: SetupPlace): Promise<boolean> {
  const read = readSettingsFile(path);
  const unique = [...new Set(lines)];
  const text = unique.length === 0 ? withoutBlocks(read ?? '') : withBlock(read ?? '', unique, { at: 'end' });
  return writeSettingsFile(path, { read, text }, place);
}

function uncovered(files: readonly FileAttributes[]): FileAttributes[] {
  return files.filter(({ isMerged, isShown }) => !(isMerged && isShown));
}

/** Which encrypted files git does not call sops-ts for. */
export async function coverage({ top, host }: SetupPlace): Promise<SetupStep[]> {
  if (top === null) return [];
  const files = await attributesOf(await encryptedPaths(top, host), top, host);
  const left = uncovered(files);
  const filtered = left.filter(({ filter }) => filter !== undefined);
  const bare = left.filter(({ filter }) => filter === undefined);
  const steps: SetupStep[] = [];
  if (filtered.length > 0) {
    const lines = filtered.map(({ path, filter }) => `${path} (filter=${filter})`);
    steps.push(todo('another program keeps these encrypted files, so git neither merges nor shows them', lines));
  }
  if (bare.length > 0) {
    const lines = bare.map(({ path, isMerged }) => `${path} (${isMerged ? 'not shown' : 'not merged'})`);
    steps.push(todo('other attributes stand in the way of these encrypted files, or none are there', lines));
  }
  if (left.length > 0) return steps;
  if (files.length === 0) return [kept('there are no encrypted files yet')];
  return [kept(`attributes: all encrypted files have them (${files.length})`)];
}

/** The files of attributes of a work tree that may have lines of ours, or of older settings; absolute. */
async function attributeFiles(place: SetupPlace): Promise<string[]> {
  const { top, commonFolder, host } = place;
  const own = await attributesFile(place);
  if (top === null) return [own];
  const { files } = await listFiles(top, host);
  const nested = files.filter((path) => /(?:^|\/)\.gitattributes$/.test(path)).map((path) => join(top, path));
  const private_ = commonFolder === null ? [] : [join(commonFolder, 'info', 'attributes')];
  return [...new Set([own, ...nested, ...private_])].filter((path) => statOrThrow(path)?.isFile());
}

/** Takes our lines out. */
export async function* removeAttributes(place: SetupPlace): AsyncGenerator<SetupStep> {
  for (const path of await attributeFiles(place)) {
    const read = readSettingsFile(path) ?? '';
    const text = withoutBlocks(read);
    if (await writeSettingsFile(path, { read, text }, place)) yield done(`${shownFile(path, place)}: taken out`);
  }
}

/** Where the older settings name their driver. */
const USUAL_NAME = 'sopsdiffer';
const MOVED = '# In place of older settings:';

/** Lines of older settings: by the driver that they name. */
export async function olderLines(place: SetupPlace): Promise<{ path: string; lines: string[] }[]> {
  const older = await olderAttributes(place);
  const found = (await attributeFiles(place)).map((path) => {
    const text = withoutBlocks(readSettingsFile(path) ?? '');
    return { path, lines: text.split(/\r?\n/).filter((line) => isOlder(line, older)) };
  });
  return found.filter(({ lines }) => lines.length > 0);
}

/** The attributes of older settings. */
async function olderAttributes(place: SetupPlace): Promise<ReadonlySet<string>> {
  return new Set([USUAL_NAME, ...(await olderDrivers(place)).map(({ name }) => name)].map((name) => `diff=${name}`));
}

function isOlder(line: string, older: ReadonlySet<string>): boolean {
  return !line.startsWith('#') && wordsBehind(line).some((word) => older.has(word));
}

/** The words of a line after the pattern that it begins with. */
function wordsBehind(line: string): string[] {
  return line.slice(patternOf(line).length).split(/\s/).filter(Boolean);
}

/** What a line of attributes is for: its first word, which may stand in quotes. */
function patternOf(line: string): string {
  return /^(?:"(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[0] ?? '';
}

async function olderDrivers(place: SetupPlace): Promise<DiffDriver[]> {
  return (await diffDrivers(place)).filter(({ name }) => name !== DRIVER);
}

/** With `--replace` the older settings go, and their patterns get our attributes; else they are told. */
async function* replaceOthers(place: SetupPlace): AsyncGenerator<SetupStep> {
  const older = await olderLines(place);
  const drivers = await olderDrivers(place);
  if (older.length === 0 && drivers.length === 0) return;
  if (!place.replaces) {
    const lines = older.flatMap((file) => file.lines);
    yield todo(olderText(place, older), lines);
    return;
  }
  const attributes = await olderAttributes(place);
  for (const { path, lines } of older) {
    await moveLines(path, attributes, place);
    yield done(`older settings for sops in ${shownFile(path, place)} were taken over`, lines);
  }
  for (const { name } of drivers) {
    let count = 0;
    for (const field of ['textconv', 'cachetextconv']) count += await unsetSetting(`diff.${name}.${field}`, place);
    if (count > 0) yield done(`diff driver ${name}: taken out of git config`);
  }
  const left = (await olderDrivers(place)).map(({ name }) => `git config --global --remove-section diff.${name}`);
  if (left.length > 0) yield todo('settings for all of your repositories call sops as well', left);
}

function olderText(place: SetupPlace, older: readonly { path: string }[]): string {
  const where = older.map(({ path }) => shownFile(path, place)).join(', ');
  return `older settings call sops for git diff${where === '' ? '' : ` (${where})`}: --replace takes them over`;
}

/** The patterns of lines of older settings get a line of ours in the same file; what else the lines say stays. */
async function moveLines(path: string, older: ReadonlySet<string>, place: SetupPlace): Promise<void> {
  const read = readSettingsFile(path) ?? '';
  const own = linesOfBlock(read);
  const moved: string[] = [];
  const text = read.replaceAll(/^[^\n]*(?:\n|$)/gm, (line) => {
    if (!isOlder(line, older)) return line;
    const field = patternOf(line);
    moved.push(`${field} merge=${DRIVER} diff=${DRIVER}`);
    const rest = wordsBehind(line).filter((word) => !older.has(word));
    const end = /\r?\n?$/.exec(line)?.[0] ?? '';
    return rest.length === 0 ? '' : [field, ...rest].join(' ') + end;
  });
  await writeSettingsFile(
    path,
    { read, text: withBlock(text, [...own, ...(own.includes(MOVED) ? [] : [MOVED]), ...moved], { at: 'end' }) },
    place,
  );
}

/** Tells of older settings. */
export async function olderStatus(place: SetupPlace): Promise<SetupStep[]> {
  const older = await olderLines(place);
  if (older.length === 0 && (await olderDrivers(place)).length === 0) return [];
  return [
    todo(
      `${olderText(place, older)} (sops-ts git install --replace)`,
      older.flatMap(({ lines }) => lines),
    ),
  ];
}

function shownFile(path: string, { top }: SetupPlace): string {
  return top !== null && path === join(top, '.gitattributes') ? '.gitattributes' : path;
}
