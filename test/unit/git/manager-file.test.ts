/** Our entries in the files of lefthook and pre-commit: the others stay as they are, in text and meaning. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withEntries } from '../../../src/git/manager-file.js';
import { withoutBlocks } from '../../../src/git/marked-block.js';

const LEFTHOOK = {
  empty: '',
  'commented out': '# pre-commit:\n#   jobs:\n',
  commands:
    'pre-commit:\n  parallel: true\n  commands:\n    lint: # first\n      run: lint\n\npre-push:\n  commands:\n      t:\n        run: t',
  jobs: 'pre-commit:\n  jobs:\n  - run: lint\n  - name: other\n    run: x\n# end\n',
  'neither of both': 'pre-commit:\n    parallel: true\n',
};

describe('lefthook.yml', () => {
  test.each(Object.entries(LEFTHOOK))('%s', async (_, text) => {
    const edited = (await withEntries(text, 'lefthook')) ?? '';
    const read = parse(edited) as Record<
      string,
      { jobs?: { name?: string; run?: string }[]; commands?: Record<string, { run?: string }> }
    >;
    for (const [hook, command] of [
      ['pre-commit', 'sops-ts check --staged'],
      ['pre-merge-commit', 'sops-ts check --staged'],
      ['pre-push', 'sops-ts git pre-push {0}'],
    ] as const) {
      const { jobs, commands } = read[hook] ?? {};
      expect(jobs?.find(({ name }) => name === 'sops-ts')?.run ?? commands?.['sops-ts']?.run).toBe(command);
    }
    expect(withoutBlocks(edited)).toBe(text);
    expect(await withEntries(edited, 'lefthook')).toBe(edited);
  });

  test.each([
    '{pre-commit: {commands: {a: {run: x}}}}',
    'pre-commit: {commands: {a: {run: x}}}\n',
    'pre-commit: [',
    '[pre-commit]\n',
    '"a": 1',
  ])('is left to its owner when it is laid out otherwise: %s', async (text) => {
    const isPlain = text.startsWith('"a"');
    expect((await withEntries(text, isPlain ? 'pre-commit' : 'lefthook')) === null).toBe(!isPlain);
  });
});

describe('.pre-commit-config.yaml', () => {
  test.each([
    'repos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: x\n',
    '# ours\nrepos:\n    # first\n    -   repo: local\n        hooks: []\ndefault_stages: [pre-commit]\n',
    'default_stages: [pre-commit]\n',
  ])('%j', async (text) => {
    const edited = (await withEntries(text, 'pre-commit')) ?? '';
    const { repos } = parse(edited) as { repos: { repo: string; hooks: { id: string; entry?: string }[] }[] };
    expect(repos[0]?.hooks.map(({ entry }) => entry)).toEqual(['sops-ts check --staged', 'sops-ts git pre-push']);
    expect(withoutBlocks(edited)).toBe(text);
    expect(await withEntries(edited, 'pre-commit')).toBe(edited);
  });

  test('is left to its owner where its list is written in brackets', async () => {
    expect(await withEntries('repos: []\n', 'pre-commit')).toBeNull();
  });
});
