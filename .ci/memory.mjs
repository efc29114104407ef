/**
 * What was made before from the same files, in folders below node_modules that `npm ci` removes: of three builds that the tests start two
 * find all that takes time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const DAY = 86_400_000;
/** What anything is made with. */
const TOOLS = ['.ci', 'package.json', 'package-lock.json'];

/** Of the names, sizes and times of files and of what is in folders, as `make` goes by them. */
function digestOf(root, paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) {
    const isFolder = statSync(join(root, path)).isDirectory();
    for (const name of isFolder ? readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).sort() : ['']) {
      const stats = statSync(join(root, path, name));
      if (stats.isFile()) hash.update(`${path}/${name} ${stats.size} ${stats.mtimeMs}\n`);
    }
  }
  return hash.digest('hex').slice(0, 32);
}

/** Where it belongs, and where to make it, which is undefined if it is there. Removes what nobody has asked for since yesterday. */
function placeFor(root, name, paths) {
  const all = join(root, 'node_modules', '.cache', `sops-ts-${name}`);
  const folder = join(all, digestOf(root, [...TOOLS, ...paths]));
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return { folder };
  }
  mkdirSync(all, { recursive: true });
  for (const old of readdirSync(all)) {
    const { mtimeMs = Date.now() } = statSync(join(all, old), { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > DAY) rmSync(join(all, old), { recursive: true, force: true });
  }
  return { folder, own: mkdtempSync(join(all, 'new-')) };
}

function putInPlace({ folder, own }) {
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    // Somebody else has made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** A folder with what `fill` puts into it, or has put there when these files and folders were as they are. */
export function keptFolder(root, name, paths, fill) {
  const place = placeFor(root, name, paths);
  if (place.own) {
    fill(place.own);
    putInPlace(place);
  }
  return place.folder;
}

/** What `make` gives, a value of JSON, or gave when these files and folders were as they are. */
export async function remembered(root, name, paths, make) {
  const place = placeFor(root, name, paths);
  if (place.own) {
    writeFileSync(join(place.own, 'made.json'), JSON.stringify(await make()));
    putInPlace(place);
  }
  return JSON.parse(readFileSync(join(place.folder, 'made.json'), 'utf8'));
}
