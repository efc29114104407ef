/** The copy that a build works on when something of it must be decrypted first: in a private folder, never in the working tree. */

import { dirname, join, relative } from 'node:path';
import {
  constants,
  copyFileSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from '../../util/files/fs.js';
import { realPathIfThere } from '../../util/files/real-path.js';
import { commonFolder, type Kustomization, namedFiles } from './kustomization.js';
import { isBelow } from './sources.js';

/** Folders that no build reads. */
const PASSED_OVER: ReadonlySet<string> = new Set(['.git', 'node_modules']);

export interface Mirror {
  /** The copy, and what it is a copy of: the folder common to all that was copied. */
  readonly copy: string;
  readonly source: string;
}

/** What takes the place of a file's content: its path, absolute, and the plaintext. */
export type Replacements = ReadonlyMap<string, Uint8Array>;

/**
 * Copies the folders of kustomizations, and the files beside them that they name, into a folder. Symbolic links within what is
 * copied lead to the copy; others lead where they led, so that kustomize refuses them as it would have.
 */
export function makeMirror(kustomizations: readonly Kustomization[], folder: string, replaced: Replacements): Mirror {
  const folders = outermost(kustomizations.map((one) => realpathSync(one.folder)));
  const files = kustomizations.flatMap(namedFiles).filter((path) => !folders.some((one) => isBelow(path, one)));
  const source = commonFolder([...folders, ...files.map((path) => dirname(path))]);
  const copier = new Copier({ copy: folder, source }, folders, replaced);
  for (const one of folders) copier.copyFolder(one);
  for (const path of files) copier.copyFile(path);
  return { copy: folder, source };
}

/** The place of a path in the copy. */
export function mirrored(path: string, { copy, source }: Mirror): string {
  return join(copy, relative(source, path));
}

class Copier {
  constructor(
    private readonly mirror: Mirror,
    private readonly folders: readonly string[],
    private readonly replaced: Replacements,
  ) {}

  copyFolder(folder: string): void {
    mkdirSync(mirrored(folder, this.mirror), { recursive: true, mode: 0o700 });
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) this.copyLink(path);
      else if (entry.isFile()) this.copyFile(path);
      else if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) this.copyFolder(path);
    }
  }

  copyFile(path: string): void {
    const target = mirrored(path, this.mirror);
    const plain = this.replaced.get(path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (plain) writeFileSync(target, plain, { mode: 0o600 });
    else copyFileSync(path, target, constants.COPYFILE_FICLONE);
  }

  private copyLink(path: string): void {
    const real = realPathIfThere(path);
    if (real === undefined) return;
    const target = mirrored(path, this.mirror);
    const inside = this.folders.some((folder) => isBelow(real, folder));
    symlinkSync(inside ? relative(dirname(target), mirrored(real, this.mirror)) : real, target);
  }
}

/** The folders that lie in no other one of them. */
function outermost(folders: readonly string[]): string[] {
  const unique = [...new Set(folders)];
  return unique.filter((folder) => !unique.some((other) => other !== folder && isBelow(folder, other)));
}
