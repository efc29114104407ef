/** What is left out of a source of Flux: by default, and by `.sourceignore` files, which read as `.gitignore` does. */

import { join, relative, sep } from 'node:path';
import { statOrThrow } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { decodeText } from '../../util/text/text.js';

const IGNORE_FILE = '.sourceignore';
/** What the source controller leaves out unless it is told otherwise. */
const DEFAULTS = [
  '.git/ .gitignore .gitmodules .gitattributes',
  '*.jpg *.jpeg *.gif *.png *.wmv *.flv *.tar.gz *.zip',
  '.github/ .circleci/ .travis.yml .gitlab-ci.yml appveyor.yml .drone.yml cloudbuild.yaml codeship-services.yml codeship-steps.yml',
  '**/.goreleaser.yml **/.sops.yaml **/.flux.yaml',
].flatMap((line) => line.split(' '));

interface Rule {
  readonly takesIn: boolean;
  readonly foldersOnly: boolean;
  /** Steps from the folder of the rule's file; undefined for a name at any depth. */
  readonly steps: readonly string[] | undefined;
  readonly name: string;
}

export class SourceIgnore {
  private readonly rules = new Map<string, readonly Rule[]>();

  /** `root`: the root of the source, links resolved. */
  constructor(private readonly root: string) {
    this.rules.set('', [...DEFAULTS.flatMap(ruleOf), ...this.rulesIn('')]);
  }

  /** Whether a file or folder of the source is not there for the controllers: left out itself, or with a folder above. */
  leavesOut(path: string): boolean {
    const parts = relative(this.root, path).split(sep);
    if (parts[0] === '' || parts[0] === '..') return false;
    const isFolder = statOrThrow(path)?.isDirectory() ?? false;
    return parts.some((_, at) => this.isOut(parts.slice(0, at + 1), isFolder || at < parts.length - 1));
  }

  /** The last rule that fits decides, those of deeper folders coming later. */
  private isOut(parts: readonly string[], isFolder: boolean): boolean {
    let isOut = false;
    for (let depth = 0; depth < parts.length; depth++) {
      const below = parts.slice(depth);
      for (const rule of this.rulesOf(parts.slice(0, depth).join('/'))) {
        if (fits(rule, below, isFolder)) isOut = !rule.takesIn;
      }
    }
    return isOut;
  }

  private rulesOf(folder: string): readonly Rule[] {
    const known = this.rules.get(folder);
    if (known) return known;
    const read = this.rulesIn(folder);
    this.rules.set(folder, read);
    return read;
  }

  private rulesIn(folder: string): Rule[] {
    const path = join(this.root, folder, IGNORE_FILE);
    if (!statOrThrow(path)?.isFile()) return [];
    return decodeText(readFileSync(path)).split(/\r?\n/).flatMap(ruleOf);
  }
}

function ruleOf(line: string): Rule[] {
  const text = line.trimEnd();
  if (text === '' || text.startsWith('#')) return [];
  const takesIn = text.startsWith('!');
  const pattern = text.slice(takesIn ? 1 : 0);
  const foldersOnly = pattern.endsWith('/');
  const steps = pattern.split('/').filter((step) => step !== '');
  const isAnchored = pattern.slice(0, -1).includes('/');
  return [{ takesIn, foldersOnly, steps: isAnchored ? steps : undefined, name: steps[0] ?? '' }];
}

function fits({ foldersOnly, steps, name }: Rule, parts: readonly string[], isFolder: boolean): boolean {
  if (foldersOnly && !isFolder) return false;
  if (!steps) return fitsName(name, parts.at(-1) ?? '');
  return matches(steps, parts, (step) => step === '**', fitsName);
}

function fitsName(pattern: string, name: string): boolean {
  const tokens = pattern.match(/\[[^\]]{0,99}\]|\\?./gsu) ?? [];
  return matches(tokens, [...name], (token) => token === '*' || token === '**', fitsCharacter);
}

function fitsCharacter(token: string, character: string): boolean {
  if (token === '?') return true;
  if (!token.startsWith('[') || token.length < 3) return token.replace(/^\\/, '') === character;
  const [, not = '', set = ''] = /^\[([!^]?)(.*)\]$/s.exec(token) ?? [];
  const members = [...set];
  const isIn = members.some((member, at) => {
    if (members[at + 1] !== '-' || members[at + 2] === undefined) return member === character;
    return member <= character && character <= (members[at + 2] ?? '');
  });
  return isIn === (not === '');
}

/** Whether a pattern with stars fits, going back to the last star alone, so that it takes no more than the product of the lengths. */
function matches(
  pattern: readonly string[],
  text: readonly string[],
  isStar: (token: string) => boolean,
  fitsOne: (token: string, item: string) => boolean,
): boolean {
  let at = 0;
  let star = -1;
  let resumed = 0;
  for (let index = 0; index < text.length; ) {
    const token = pattern[at];
    if (token !== undefined && isStar(token)) {
      star = at++;
      resumed = index;
    } else if (token !== undefined && fitsOne(token, text[index] ?? '')) {
      at++;
      index++;
    } else if (star < 0) return false;
    else {
      at = star + 1;
      index = ++resumed;
    }
  }
  return pattern.slice(at).every(isStar);
}
