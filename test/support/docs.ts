/** The pages of the project, and whatever refers to them: links, citations in code, and shell blocks that can be run. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const CODE = ['src', 'bin', 'test'];
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs'];

/** A page and a heading of it, as comments name them. */
const CITATION = /(?<![\w/.-])docs\/[\w/-]+\.md(?:#[\w-]+)?/g;
/** Pages and numbers of working notes, which a reader of the code does not have. */
const STALE =
  /\bspec (?:[\w-]+\.md|sections?\b|\d+\.\d)|\bdesign\.md\b|(?<![\w/-])(?:file-format|command-line|keys-and-config)\.md\b|\bgotchas?\b|\(section \d/gi;
const LINK = /\]\(([^()\s]+)\)/g;
/** A source file as pages name it, from the root or from src; `NAME` stands for any. */
const FILE_NAME = /(?<![\w/.$-])(?:[\w-]+\/)+[\w.-]+\.ts\b/g;
const FENCE = /^(`{3,})(.*)$/;
const RUNNABLE = 'sh runnable';

/** A shell block that is marked as one that can be run, e.g. for a test. */
export interface Block {
  /** The page and the line where it begins, e.g. `README.md:60`. */
  readonly place: string;
  readonly script: string;
}

interface Page {
  /** From the project's root. */
  readonly path: string;
  /** The lines outside of code blocks; the others are empty. */
  readonly prose: readonly string[];
  readonly blocks: readonly { readonly line: number; readonly info: string; readonly text: string }[];
}

/** What is wrong with the links of pages and the citations of code below a folder, one sentence each. */
export function brokenReferences(root: string): string[] {
  return [...brokenLinks(root), ...missingFiles(root), ...brokenCitations(root), ...blindLinks(root)];
}

/** The blocks that can be run. */
export function runnableBlocks(root: string): Block[] {
  return pagesOf(root).flatMap(({ path, blocks }) =>
    blocks
      .filter(({ info }) => info === RUNNABLE)
      .map(({ line, text }) => ({ place: `${path}:${line}`, script: text })),
  );
}

/** The text of all pages that tell of the program as it is, which the change log does not. */
export function textOfPages(root: string): string {
  return pageFiles(root)
    .filter((file) => !file.endsWith('CHANGELOG.md'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

/** The texts of the source files. */
export function sourcesOf(root: string): string[] {
  return filesBelow(join(root, 'src'), /\.ts$/).map((file) => readFileSync(file, 'utf8'));
}

function brokenLinks(root: string): string[] {
  return pagesOf(root).flatMap(({ path, prose }) =>
    prose.flatMap((line, index) =>
      [...line.replaceAll(/`[^`]*`/g, '').matchAll(LINK)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const problem = problemOf(root, path, target);
        return problem === undefined ? [] : [`${path}:${index + 1}: ${target}: ${problem}`];
      }),
    ),
  );
}

function missingFiles(root: string): string[] {
  return pageFiles(root).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(FILE_NAME)].flatMap(([name]) => {
      if (name.includes('NAME') || ['', 'src'].some((folder) => existsSync(join(root, folder, name)))) return [];
      return [`${relative(root, file)}: ${name}: there is no such file`];
    }),
  );
}

function brokenCitations(root: string): string[] {
  return CODE.flatMap((folder) => filesBelow(join(root, folder), /\.[cm]?[jt]s$/)).flatMap((file) => {
    const name = relative(root, file);
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((line, index) => [
      ...[...line.matchAll(CITATION)].flatMap(([citation]) => {
        const problem = problemOf(root, 'at the root', citation);
        return problem === undefined ? [] : [`${name}:${index + 1}: ${citation}: ${problem}`];
      }),
      ...[...line.matchAll(STALE)].map(([text]) => `${name}:${index + 1}: ${text}: not a page of docs/`),
    ]);
  });
}

/** Links of comments to names that their file does not have: no editor follows them. */
function blindLinks(root: string): string[] {
  return filesBelow(join(root, 'src'), /\.ts$/).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const names = [...text.matchAll(/\{@link (\w+)/g)].map(([, name = '']) => name);
    return names
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(code))
      .map((name) => `${relative(root, file)}: {@link ${name}}: the file has no such name`);
  });
}

/** Why a target, as it stands in a page, leads nowhere; undefined when it does not. */
function problemOf(root: string, page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(path));
  if (!existsSync(file)) return 'there is no such file';
  if (anchor === undefined) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : 'there is no such heading';
}

const anchors = new Map<string, ReadonlySet<string>>();

/** What GitHub makes of the headings of a page. */
function anchorsOf(file: string): ReadonlySet<string> {
  const known = anchors.get(file);
  if (known) return known;
  const found = new Set<string>();
  for (const line of readPage(file, file).prose) {
    const [, heading] = /^#{1,6}\s+(.*)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let name = slug;
    for (let count = 1; found.has(name); count++) name = `${slug}-${count}`;
    found.add(name);
  }
  anchors.set(file, found);
  return found;
}

function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}

function pageFiles(root: string): string[] {
  return PAGES.map((name) => join(root, name)).flatMap((path) => {
    if (!existsSync(path)) return [];
    return statSync(path).isDirectory() ? filesBelow(path, /\.md$/) : [path];
  });
}

function pagesOf(root: string): Page[] {
  return pageFiles(root).map((file) => readPage(file, relative(root, file)));
}

function readPage(file: string, path: string): Page {
  const prose: string[] = [];
  const blocks: { line: number; info: string; text: string }[] = [];
  let open: { mark: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, mark, info = ''] = FENCE.exec(line) ?? [];
    prose.push(open || mark ? '' : line);
    if (open && mark === open.mark) {
      blocks.push({ line: open.line, info: open.info, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open) {
      open.lines.push(line);
    } else if (mark) {
      open = { mark, info: info.trim(), line: index + 1, lines: [] };
    }
  }
  return { path, prose, blocks };
}

function filesBelow(folder: string, names: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, names) : names.test(entry.name) ? [path] : [];
  });
}
