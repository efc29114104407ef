/**
 * What a build has made before from the same sources, in a folder of node_modules that `npm ci` removes: of three builds that the tests
 * start two find all that takes time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const DAY = 86_400_000;
/** What anything is made with. */
const TOOLS = ['.ci', 'package.json', 'package-lock.json'];

/** The files of a path below the root. */
function filesIn(root, path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const names = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(root, path, name)).isFile()).map((name) => `${path}/${name}`).sort();
}

function digestOf(root, name, paths) {
  const hash = createHash('sha256').update(`${name} ${process.version}\n`);
  for (const path of paths.flatMap((one) => filesIn(root, one))) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Removes what nobody has asked for since yesterday. */
function sweep(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path, { throwIfNoEntry: false })?.mtimeMs > DAY) rmSync(path, { force: true });
  }
}

/** What `make` gives, a value of JSON, or what it gave when these files and folders held the same bytes. */
export async function remembered(root, name, paths, make) {
  const folder = join(root, 'node_modules', '.cache', 'sops-ts-build');
  const file = join(folder, `${name}-${digestOf(root, name, [...TOOLS, ...paths])}.json`);
  if (existsSync(file)) {
    utimesSync(file, new Date(), new Date());
    return JSON.parse(readFileSync(file, 'utf8'));
  }
  const made = await make();
  mkdirSync(folder, { recursive: true });
  sweep(folder);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(made));
  renameSync(`${file}.${process.pid}`, file);
  return made;
}
