/** Our entries in the files of lefthook and pre-commit: the others stay as they are, in text and meaning. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withEntries } from '../../../src/git/hook-managers/entries.js';
import { lefthook } from '../../../src/git/hook-managers/lefthook.js';
import type { HookManagerRow } from '../../../src/git/hook-managers/manager.js';
import { preCommit } from '../../../src/git/hook-managers/pre-commit.js';
import { withoutBlocks } from '../../../src/git/marked-block.js';

function edit(text: string, { hooks }: HookManagerRow): Promise<string | null> {
  if (hooks.are === 'scripts') throw new Error('has no settings');
  return withEntries(text, hooks);
}

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
    const edited = (await edit(text, lefthook)) ?? '';
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
    expect(await edit(edited, lefthook)).toBe(edited);
  });

  test.each([
    '{pre-commit: {commands: {a: {run: x}}}}',
    'pre-commit: {commands: {a: {run: x}}}\n',
    'pre-commit: [',
    '[pre-commit]\n',
    '"a": 1',
  ])('is left to its owner when it is laid out otherwise: %s', async (text) => {
    const isPlain = text.startsWith('"a"');
    expect((await edit(text, isPlain ? preCommit : lefthook)) === null).toBe(!isPlain);
  });
});

describe('.pre-commit-config.yaml', () => {
  test.each([
    'repos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: x\n',
    '# ours\nrepos:\n    # first\n    -   repo: local\n        hooks: []\ndefault_stages: [pre-commit]\n',
    'default_stages: [pre-commit]\n',
  ])('%j', async (text) => {
    const edited = (await edit(text, preCommit)) ?? '';
    const { repos } = parse(edited) as { repos: { repo: string; hooks: { id: string; entry?: string }[] }[] };
    expect(repos[0]?.hooks.map(({ entry }) => entry)).toEqual(['sops-ts check --staged', 'sops-ts git pre-push']);
    expect(withoutBlocks(edited)).toBe(text);
    expect(await edit(edited, preCommit)).toBe(edited);
  });

  test('is left to its owner where its list is written in brackets', async () => {
    expect(await edit('repos: []\n', preCommit)).toBeNull();
  });
});
