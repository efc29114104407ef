import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findConfig } from '../../../src/config/find.js';
import { hostIn, layOut } from './support.js';

describe('from the working directory', () => {
  test('nothing', () => {
    const host = hostIn(layOut({ 'a/x': '' }));
    expect(findConfig(host, 'a/x')).toBeNull();
    expect(host.warnings).toEqual([]);
  });

  test.each([
    ['', '.sops.yaml'],
    ['a', '../.sops.yaml'],
    ['a/b/c', '../../../.sops.yaml'],
  ])('in %s', (folder, path) => {
    const root = layOut({ '.sops.yaml': '', 'a/b/c/x': '' });
    expect(findConfig(hostIn(join(root, folder)))).toBe(path);
  });

  test('at most a hundred folders are looked into', () => {
    const deep = (levels: number): string => 'd/'.repeat(levels);
    const root = layOut({ '.sops.yaml': '', [`${deep(100)}x`]: '' });
    expect(findConfig(hostIn(join(root, deep(99))))).toBe(`${'../'.repeat(99)}.sops.yaml`);
    expect(findConfig(hostIn(join(root, deep(100))))).toBeNull();
  });

  test('a folder of that name is taken', () => {
    expect(findConfig(hostIn(layOut({ '.sops.yaml/x': '' })))).toBe('.sops.yaml');
  });
});

// Whoever goes on upwards would encrypt for the readers of another configuration.
test.skipIf(process.platform === 'win32')('one of which nobody can tell whether it is there stops the search', () => {
  const root = layOut({ '.sops.yaml': '', 'a/f.yaml': '' });
  symlinkSync('.sops.yaml', join(root, 'a/.sops.yaml'));
  expect(() => findConfig(hostIn(join(root, 'a')))).toThrow(/cannot tell whether .*a\/\.sops\.yaml is there/);
});

describe('from the file', () => {
  test('when there is none above the working directory', () => {
    const root = layOut({ 'a/.sops.yaml': '', 'a/b/f.yaml': '', 'c/x': '' });
    const host = hostIn(join(root, 'c'));
    expect(findConfig(host, '../a/b/f.yaml')).toBe('../a/.sops.yaml');
    expect(findConfig(host, join(root, 'a/b/new/f.yaml'))).toBe('../a/.sops.yaml');
    expect(host.warnings).toEqual([]);
  });

  test('another one than that of the working directory is warned of, once', () => {
    const host = hostIn(layOut({ '.sops.yaml': '', 'a/.sops.yaml': '', 'a/f.yaml': '' }));
    expect(findConfig(host, 'a/f.yaml')).toBe('.sops.yaml');
    expect(findConfig(host, 'a/g.yaml')).toBe('.sops.yaml');
    expect(host.warnings).toEqual([
      'using ".sops.yaml", found from the working directory, although "a/.sops.yaml" is nearer to the file; choose with --config',
    ]);
  });

  test('the same one is not', () => {
    const host = hostIn(layOut({ '.sops.yaml': '', 'a/f.yaml': '' }));
    expect(findConfig(host, 'a/f.yaml')).toBe('.sops.yaml');
    expect(host.warnings).toEqual([]);
  });
});

describe('.sops.yml', () => {
  const ignored = 'when searching for config file; the config file must be called ".sops.yaml"';

  test('alone', () => {
    const host = hostIn(join(layOut({ '.sops.yml': '', 'a/x': '' }), 'a'));
    expect(findConfig(host)).toBeNull();
    expect(host.warnings).toEqual([`ignoring "../.sops.yml" ${ignored}`]);
  });

  test('nearer than the configuration', () => {
    const host = hostIn(join(layOut({ '.sops.yaml': '', 'a/.sops.yml': '' }), 'a'));
    expect(findConfig(host)).toBe('../.sops.yaml');
    expect(host.warnings).toEqual([`ignoring ".sops.yml" ${ignored}; using "../.sops.yaml" instead`]);
  });

  test('beside it or further away', () => {
    const host = hostIn(join(layOut({ '.sops.yml': '', 'a/.sops.yaml': '', 'a/.sops.yml': '' }), 'a'));
    expect(findConfig(host)).toBe('.sops.yaml');
    expect(host.warnings).toEqual([]);
  });

  test('above the working directory, with a configuration above the file', () => {
    const host = hostIn(join(layOut({ 'a/.sops.yml': '', 'b/.sops.yaml': '' }), 'a'));
    expect(findConfig(host, '../b/f')).toBe('../b/.sops.yaml');
    expect(host.warnings).toEqual([`ignoring ".sops.yml" ${ignored}; using "../b/.sops.yaml" instead`]);
  });
});
