/** Expressions of rules as patterns of attributes: git itself says that they cover what the expression matches. */
import { describe, expect } from 'vitest';
import { patternField, patternOfFile, patternsFor } from '../../../src/git/path-patterns.js';
import { TestRepository } from '../../support/repository.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

/** Of some paths, those that git finds covered. */
function covered(patterns: readonly string[], paths: readonly string[]): string[] {
  const repository = new TestRepository();
  try {
    repository.write({ '.gitattributes': patterns.map((pattern) => `${patternField(pattern)} seen\n`).join('') });
    const lines = repository.git('-c', 'core.quotePath=false', 'check-attr', '-z', 'seen', '--', ...paths).split('\0');
    return paths.filter((_, at) => lines[3 * at + 2] === 'set');
  } finally {
    repository.remove();
  }
}

const PATHS = [
  'secrets/a.yaml',
  'x/secrets/b/c.json',
  'secrets.yaml',
  '.env',
  'x/.env.production',
  '.enc.env',
  'x/token.enc',
  'a.enc.yaml',
  'x/a.enc.json',
  'k8s/a.yaml',
  'x/k8s/y/a.yml',
  'k8s/a.json',
  'prod/my-secret-1.json',
  'prod/x/secret.json/y',
  'readme.md',
];

describe('patterns of an expression', () => {
  test.each([
    String.raw`(^|/)secrets/|(^|/)\.env(\.|$)|[^/]\.(enc|sops|secret)\.[^/]+$|\.enc$|(^|/)\.enc\.env$`,
    String.raw`(^|/)(k8s|kubernetes)/.*\.ya?ml$`,
    '^secrets/.*$',
    String.raw`\.enc\.(yaml|json)$`,
    'secret',
    String.raw`^prod/.*secret.*\.json`,
    String.raw`^[a-z]+\.yaml$`,
    String.raw`.*\.yaml$`,
    '^x/(?:secrets|k8s)/',
    String.raw`\w+\.md`,
    String.raw`^secrets[/\\][^/\\]*\.yaml$`,
    String.raw`(^|[\\/])k8s[\\/]+[^\\/]+\.yaml$`,
  ])('%s: git finds what it matches', (regex) => {
    const wanted = PATHS.filter((path) => new RegExp(regex).test(path));
    expect(wanted.length).toBeGreaterThan(0);
    const patterns = patternsFor(regex) ?? [];
    expect(covered(patterns, wanted)).toEqual(wanted);
    expect(covered(patterns, ['other/plain.txt'])).toEqual([]);
    const below = patternsFor(regex, 'a b[c]') ?? [];
    const paths = wanted.map((path) => `a b[c]/${path}`);
    expect(covered(below, paths)).toEqual(paths);
    expect(covered(below, wanted)).toEqual([]);
  });

  test('are few, and say nothing twice', () => {
    expect(patternsFor(String.raw`(^|/)secrets/|\.enc\.yaml$`)).toEqual(['**/secrets/**', '*.enc.yaml']);
    expect(patternsFor(String.raw`^secrets/[^/]+\.json$`, 'sub')).toEqual(['/sub/secrets/*.json']);
  });

  test.each(['(?i)secret', String.raw`\bx`, String.raw`\p{L}`, '(ab)*', '(a', 'a)', '[a', '*', '(a|b|c|d)'.repeat(4)])(
    '%s cannot be said',
    (regex) => expect(patternsFor(regex)).toBeNull(),
  );
});

test.each([
  'a b.yaml',
  'a"b.yaml',
  '!a.yaml',
  '#a.yaml',
  'a*[b]?.yaml',
  'a\\b.yaml',
  'ä/ö.yaml',
  'a\tb.yaml',
  '-a.yaml',
])('the pattern of the file %j is for it alone', (path) => {
  expect(covered([patternOfFile(path)], [path])).toEqual([path]);
  expect(covered([patternOfFile(path)], [`x${path}`, `x/${path}`])).toEqual([]);
});
