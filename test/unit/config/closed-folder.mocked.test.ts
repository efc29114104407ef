/** A folder that is closed to us: whether a configuration is in it nobody can tell, and root, who runs many tests, is let in everywhere. */
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { findConfig } from '../../../src/config/find.js';
import { hostIn, layOut } from './support.js';

let closed: string | undefined;
vi.mock('../../../src/util/files/fs.js', async (original) => {
  const fs = await original<typeof import('../../../src/util/files/fs.js')>();
  const statSync = (...args: Parameters<typeof fs.statSync>): unknown => {
    if (closed === undefined || !String(args[0]).startsWith(closed)) return fs.statSync(...args);
    throw Object.assign(new Error('EACCES: permission denied, stat'), { code: 'EACCES', syscall: 'stat' });
  };
  return { ...fs, statSync };
});
beforeEach(() => {
  closed = undefined;
});

const SHUT = /cannot tell whether .*a\/\.sops\.yaml is there: permission denied/;

function rootWithClosed(files: Record<string, string>): string {
  const root = layOut(files);
  closed = `${root}/a/.`;
  return root;
}

test('that comes before a configuration stops the search', () => {
  const root = rootWithClosed({ '.sops.yaml': '', 'a/b/f.yaml': '' });
  expect(() => findConfig(hostIn(join(root, 'a/b')))).toThrow(SHUT);
});

test('that comes before one which is found from the file stops it, too', () => {
  const root = rootWithClosed({ 'c/.sops.yaml': '', 'a/b/f.yaml': '' });
  expect(() => findConfig(hostIn(join(root, 'a/b')), '../../c/f.yaml')).toThrow(SHUT);
});

test('that comes behind it is not asked about', () => {
  const root = rootWithClosed({ 'a/b/.sops.yaml': '' });
  const host = hostIn(join(root, 'a/b'));
  expect(findConfig(host)).toBe('.sops.yaml');
  expect(host.warnings).toEqual([]);
});

test('alone is told of, since nothing else is taken in its stead', () => {
  const host = hostIn(join(rootWithClosed({ 'a/b/f.yaml': '' }), 'a/b'));
  expect(findConfig(host)).toBeNull();
  expect(host.warnings).toEqual([expect.stringMatching(SHUT)]);
});

test('is passed over by sops, which says so', () => {
  const root = rootWithClosed({ '.sops.yaml': '', 'a/b/f.yaml': '' });
  const host = { ...hostIn(join(root, 'a/b')), calledAsSops: true };
  expect(findConfig(host)).toBe('../../.sops.yaml');
  expect(host.warnings).toEqual([expect.stringMatching(/permission denied; using "..\/..\/.sops.yaml"$/)]);
});
