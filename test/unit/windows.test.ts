/** Paths of Windows, as people write them and as terminals, git and URLs do: drives, shares, separators, case, names that cannot be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateAgeKey } from '../../src/index.js';
import { WindowsDesk } from '../support/windows-desk.js';

const desk = new WindowsDesk();
afterAll(() => desk.remove());

beforeAll(async () => {
  const { identity, recipient } = await generateAgeKey();
  desk.write('C:\\Users\\me\\AppData\\Roaming\\sops\\age\\keys.txt', identity);
  const rules = [
    ['^secrets/sub/', '^sub$'],
    ['^secrets[/\\\\].*\\.yaml$', '^plain$'],
    ['\\\\share\\\\', '^share$'],
  ].map(([regex, scope]) => `  - {path_regex: '${regex}', encrypted_regex: ${scope}, age: ${recipient}}\n`);
  for (const folder of ['C:\\repo', '\\\\server\\share'])
    desk.write(`${folder}\\.sops.yaml`, `creation_rules:\n${rules.join('')}`);
  for (const path of ['C:\\repo\\secrets\\a.yaml', 'C:\\repo\\secrets\\sub\\b.yaml', '\\\\server\\share\\x\\c.yaml'])
    desk.write(path, 'sub: 1\nplain: 2\nshare: 3\n');
});

/** Which rule a file is encrypted by: the names of what is encrypted. */
async function encryptedBy(cwd: string, path: string): Promise<string> {
  const { status, stdout, stderr } = await desk.run(cwd, 'encrypt', path);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return [...stdout.toString().matchAll(/^(\w+): ENC/gm)].map((found) => found[1]).join();
}

describe('one file', () => {
  test.each([
    ['C:\\repo', 'secrets\\sub\\b.yaml'],
    ['C:\\repo', 'secrets/sub/b.yaml'],
    ['C:\\repo', 'c:\\repo\\secrets\\sub\\b.yaml'],
    ['c:\\repo', 'C:/repo/secrets/sub/b.yaml'],
    ['c:\\repo\\secrets', 'sub/b.yaml'],
    ['C:\\repo', 'C:secrets\\sub\\b.yaml'],
    ['C:\\repo', '\\repo\\secrets\\sub\\b.yaml'],
    ['D:\\other', 'C:\\repo\\secrets\\sub\\b.yaml'],
    ['d:\\other', 'c:/repo/secrets/sub/b.yaml'],
    ['C:\\repo', '/C:/repo/secrets/sub/b.yaml'],
    ['C:\\REPO', 'c:\\repo\\Secrets\\sub\\b.yaml'],
    ['C:\\repo', 'SECRETS\\Sub\\b.yaml'],
  ])('has one rule: in %s, %s', async (cwd, path) => {
    expect(await encryptedBy(cwd, path)).toBe('sub');
  });

  test.each([
    ['\\\\server\\share', 'x\\c.yaml'],
    ['\\\\SERVER\\share', '//server/share/x/c.yaml'],
    ['D:\\other', '\\\\server\\share\\x\\c.yaml'],
  ])('of a share has one: in %s, %s', async (cwd, path) => {
    expect(await encryptedBy(cwd, path)).toBe('share');
  });

  test('without a folder whose rule has a separator of either kind', async () => {
    expect(await encryptedBy('c:\\repo', 'C:\\repo\\secrets\\a.yaml')).toBe('plain');
  });

  test('named twice is worked on once', async () => {
    desk.write('C:\\repo\\secrets\\twice.yaml', 'plain: 1\n');
    const words = ['secrets\\twice.yaml', 'c:\\repo\\secrets\\twice.yaml', 'C:/repo/secrets/twice.yaml'];
    const ran = await desk.run('c:\\repo', 'encrypt', '--in-place', ...words);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('output', () => {
  test.each(['D:\\out\\a.yaml', 'd:/out/b.yaml', '\\\\server\\share\\d.yaml'])(
    'goes to another drive: %s',
    async (path) => {
      desk.write('D:\\out\\.keep', '');
      expect(await desk.run('C:\\repo', 'encrypt', '--output', path, 'secrets\\a.yaml')).toMatchObject({ status: 0 });
      expect(desk.read(path)).toContain('plain: ENC[');
    },
  );

  test.each([
    ['NUL', 'NUL is a device on Windows'],
    ['com1.yaml', 'com1 is a device on Windows'],
    ['a.yaml.', 'names on Windows do not end in dots and blanks'],
    ['a.yaml ', 'names on Windows do not end in dots and blanks'],
    ['a.yaml:b', 'names on Windows have no :'],
  ])('has no name that Windows has not: %j', async (path, reason) => {
    const { status, stderr } = await desk.run('C:\\repo', 'encrypt', '--output', path, 'secrets\\a.yaml');
    expect(status).toBe(3);
    expect(stderr).toContain(reason);
  });

  test.each([
    ['..\\x', 'is not a local path'],
    ['C:\\x', 'is not a local path'],
    ['C:x', 'is not a local path'],
    ['nul', 'nul is a device on Windows'],
    ['a\\x', 'is in a folder'],
  ])('of exec-file neither: %j', async (name, reason) => {
    const { stderr } = await desk.run('C:\\repo', 'exec-file', '--no-fifo', '--filename', name, 'secrets\\a.yaml', 'x');
    expect(stderr).toContain(reason);
  });
});

describe('patterns', () => {
  test.each([
    'secrets\\*\\*.yaml',
    'secrets/*/*.yaml',
    'c:\\repo\\secrets\\*\\b.yaml',
    'C:/repo/**/b.yaml',
    'C:\\*\\*\\sub\\*',
  ])('take either separator, and begin at a drive: %s', async (pattern) => {
    const { stdout } = await desk.run('C:\\repo', 'filestatus', pattern);
    expect(stdout.toString()).toContain('b.yaml');
  });
});

test('references name files with drives', async () => {
  desk.write('C:\\repo\\value.txt', 'hello');
  for (const reference of ['ref+file://value.txt', 'ref+file://C:/repo/value.txt', 'ref+file:///c:/repo/value.txt'])
    expect((await desk.run('C:\\repo', 'refs', 'get', reference)).stdout.toString()).toBe('hello');
});

test('line ends stay', async () => {
  const text = 'plain: 1\r\n# so\r\nother: 2\r\n';
  desk.write('C:\\repo\\secrets\\lines.yaml', text);
  expect(await desk.run('C:\\repo', 'encrypt', '-i', 'secrets\\lines.yaml')).toMatchObject({ status: 0 });
  expect(desk.read('C:\\repo\\secrets\\lines.yaml').replaceAll('\r\n', '')).not.toContain('\n');
  expect((await desk.run('C:\\repo', 'decrypt', 'secrets\\lines.yaml')).stdout.toString()).toBe(text);
});

describe('what would end in a script for a shell says so first', () => {
  const SAID = 'a script for a shell, which Windows does not start by its name';

  test.each([
    [['kustomize', 'install', 'C:\\bin'], 'called ksops.exe or sops-ts-kustomize.exe, it is that'],
    [['helm', 'install', 'C:\\helm'], 'sops-ts decrypt values.enc.yaml | helm upgrade'],
  ])('%j', async (words, instead) => {
    const { status, stderr } = await desk.run('C:\\repo', ...words);
    expect(status).toBe(1);
    expect(stderr).toContain(SAID);
    expect(stderr).toContain(instead);
  });

  test('a build with generators of ours', async () => {
    desk.write('C:\\bin\\kustomize.exe', '');
    desk.write('C:\\k\\kustomization.yaml', 'generators: [g.yaml]\n');
    desk.write('C:\\k\\g.yaml', 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.yaml]\n');
    const { status, stderr } = await desk.run('C:\\repo', 'kustomize', 'build', 'C:\\k');
    expect(status).toBe(1);
    expect(stderr).toContain(SAID);
  });
});
