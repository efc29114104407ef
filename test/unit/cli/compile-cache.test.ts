/** The folder in which Node keeps the program compiled: what stands there is run, so it must be the user's alone. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  compileCacheFolder,
  foreignCacheFolder,
  isPrivateFolder,
  type Runner,
  removeOldVersions,
} from '../../../src/cli/start/compile-cache.js';
import { Desk } from '../../support/desk.js';

let desk: Desk;
const SELF = process.geteuid?.();
const OTHER = 65534;

beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

function runner(env: Record<string, string>, rest: Partial<Runner> = {}): Runner {
  return { env, platform: 'linux', user: 1000, ...rest };
}

describe('where it is', () => {
  test.each([
    ['XDG_CACHE_HOME', runner({ XDG_CACHE_HOME: '/c', HOME: '/home/u' }), '/c/sops-ts'],
    ['HOME', runner({ HOME: '/home/u' }), '/home/u/.cache/sops-ts'],
    ['XDG_CACHE_HOME that is not a path', runner({ XDG_CACHE_HOME: 'c', HOME: '/home/u' }), '/home/u/.cache/sops-ts'],
    ['nor LOCALAPPDATA', runner({ LOCALAPPDATA: 'l' }, { platform: 'win32', user: undefined }), undefined],
    ['macOS', runner({ HOME: '/Users/u' }, { platform: 'darwin' }), '/Users/u/Library/Caches/sops-ts'],
    ['Windows', runner({ LOCALAPPDATA: '/l' }, { platform: 'win32', user: undefined }), '/l/sops-ts'],
    ['off by its own variable', runner({ HOME: '/home/u', SOPS_TS_COMPILE_CACHE: '0' }), undefined],
    ["off by Node's", runner({ HOME: '/home/u', NODE_DISABLE_COMPILE_CACHE: '1' }), undefined],
    ['a HOME that is not a path', runner({ HOME: 'home' }), undefined],
    ['root without a HOME', runner({ HOME: '/nowhere/at/all' }, { user: 0 }), undefined],
  ])('%s', (_, given, folder) => expect(compileCacheFolder(given)).toBe(folder));

  test.skipIf(SELF !== 0)('not in the HOME of somebody else for root', () => {
    const home = desk.path('home');
    mkdirSync(home);
    expect(compileCacheFolder(runner({ HOME: home }, { user: 0 }))).toBe(join(home, '.cache', 'sops-ts'));
    chownSync(home, OTHER, OTHER);
    expect(compileCacheFolder(runner({ HOME: home }, { user: 0 }))).toBeUndefined();
  });
});

describe('whether it is used', () => {
  const isUsed = (folder: string): boolean => isPrivateFolder(folder, runner({}, { user: SELF }));

  test('it is made for the user alone, with its parent', () => {
    const folder = desk.path('cache/sops-ts');
    expect(isUsed(folder)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(isUsed(folder)).toBe(true);
  });

  test.each(['/proc/nothing/here/cache/sops-ts', '/dev/null/cache/sops-ts', '/proc/self/cache/sops-ts'])(
    'not where no folder can be made: %s',
    (folder) => expect(isUsed(folder)).toBe(false),
  );

  test('not when more than its parent is missing', () => {
    expect(isUsed(desk.path('a/b/sops-ts'))).toBe(false);
    expect(existsSync(desk.path('a'))).toBe(false);
  });

  test.each([0o701, 0o770, 0o750, 0o777])('not with the mode %o', (mode) => {
    const folder = desk.path('sops-ts');
    mkdirSync(folder);
    chmodSync(folder, mode);
    expect(isUsed(folder)).toBe(false);
  });

  test('not when it is a link, or a file', () => {
    mkdirSync(desk.path('real'), { mode: 0o700 });
    symlinkSync(desk.path('real'), desk.path('sops-ts'));
    expect(isUsed(desk.path('sops-ts'))).toBe(false);
    writeFileSync(desk.path('file'), '', { mode: 0o600 });
    expect(isUsed(desk.path('file'))).toBe(false);
  });

  test('not when others can put another one in its place', () => {
    const parent = desk.path('cache');
    mkdirSync(parent);
    expect(isUsed(join(parent, 'sops-ts'))).toBe(true);
    chmodSync(parent, 0o777);
    expect(isUsed(join(parent, 'sops-ts'))).toBe(false);
    chmodSync(parent, 0o1777);
    expect(isUsed(join(parent, 'sops-ts'))).toBe(true);
  });

  test.skipIf(SELF !== 0)("not when it is somebody else's", () => {
    const folder = desk.path('sops-ts');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, OTHER, OTHER);
    expect(isUsed(folder)).toBe(false);
  });
});

describe('what doctor tells of', () => {
  test('a folder that is there and open to others', () => {
    const caches = runner({ XDG_CACHE_HOME: desk.folder, HOME: desk.folder }, { user: SELF });
    expect(foreignCacheFolder(caches)).toBeUndefined();
    expect(existsSync(desk.path('sops-ts'))).toBe(false);
    mkdirSync(desk.path('sops-ts'));
    chmodSync(desk.path('sops-ts'), 0o777);
    expect(foreignCacheFolder(caches)).toBe(desk.path('sops-ts'));
  });
});

describe('what old versions of Node have left', () => {
  test('goes, but for the three that were used last', () => {
    const names = ['v22.1.0-x64-a-0', 'v22.2.0-x64-a-0', 'v23.0.0-x64-a-0', 'v24.0.0-x64-a-0', 'notes'];
    for (const [at, name] of names.entries()) {
      mkdirSync(desk.path(name));
      writeFileSync(desk.path(join(name, 'code')), '');
      utimesSync(desk.path(name), 1000 + at, 1000 + at);
    }
    removeOldVersions(desk.path('v26.0.0-x64-a-0'));
    expect(readdirSync(desk.folder).toSorted()).toEqual(
      expect.arrayContaining(['notes', 'v23.0.0-x64-a-0', 'v24.0.0-x64-a-0']),
    );
    expect(readdirSync(desk.folder).filter((name) => name.startsWith('v22'))).toEqual([]);
  });
});
