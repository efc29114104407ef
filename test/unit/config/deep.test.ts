/** A configuration may nest as deep as SOPS takes it, in parts that nobody reads and in those that all commands read. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { withoutRecipients } from '../../../src/config/edit-config.js';
import { readConfigTree, recipientsOf } from '../../../src/config/recipients-of.js';
import { DEEP_CONFIGS, DEEP_RULES, DEEPEST_CONFIG } from '../../support/deep-config.js';
import { Desk } from '../../support/desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new Desk();
afterAll(() => desk.remove());

const rules = (recipient: string): string => `creation_rules:\n  - age: ${recipient}\n`;

const COMMANDS: readonly string[] = ['encrypt q.yaml', 'revoke --yes RECIPIENT'];

async function runBeside(config: string, words: readonly string[], sealed: Uint8Array) {
  desk.clear();
  desk.write('.sops.yaml', config);
  desk.write('p.yaml', sealed);
  desk.write('q.yaml', 'a: x\n');
  const env = { EDITOR: 'true', SOPS_AGE_RECIPIENTS: '' };
  const { status, stderr } = await desk.run(words, { env });
  return { status, stderr: stderr.replaceAll(/[0-9a-f]{16,}/g, 'HASH') };
}

describe('all shapes in parts that nobody reads', () => {
  const towers = Object.values(DEEP_CONFIGS).join('');
  let sealed: Buffer;
  beforeAll(async () => {
    sealed = await desk.encrypt('p.yaml', 'a: old\n');
  });

  test.each(sample(COMMANDS, 2))(
    'do no harm to %s',
    async (line) => {
      const words = line.split(' ').map((word) => (word === 'RECIPIENT' ? desk.recipient : word));
      const [plain, deep] = [
        await runBeside(rules(desk.recipient), words, sealed),
        await runBeside(towers + rules(desk.recipient), words, sealed),
      ];
      expect(deep).toEqual(plain);
      expect(deep.stderr).not.toContain('deep');
    },
    120_000,
  );
});

describe.each(sample(Object.entries(DEEP_RULES), 2))('%s in a rule', (_, rule) => {
  test.each(['encrypt q.yaml'])('are followed by %s', async (line) => {
    const sealed = await desk.encrypt('p.yaml', 'a: old\n');
    const plain = await runBeside(rules(desk.recipient), line.split(' '), sealed);
    const deep = await runBeside(rule(desk.recipient), line.split(' '), sealed);
    expect(deep).toEqual(plain);
    if (line.startsWith('encrypt')) expect(deep.status).toBe(0);
  });

  test('lose a recipient without the call stack', async () => {
    const tree = await readConfigTree(rule('age1anna, age1bob'));
    expect(new Set(recipientsOf(tree.document, tree))).toEqual(new Set(['age1anna', 'age1bob']));
    const removal = { path: '.sops.yaml', isUnwanted: (one: string) => one === 'age1bob' };
    expect(await withoutRecipients(tree, removal)).toBe(rule('age1anna'));
  }, 120_000);
});

test('deeper ones are refused as SOPS refuses them, by name', async () => {
  desk.clear();
  desk.write('.sops.yaml', `x: ${'['.repeat(DEEPEST_CONFIG + 1)}${']'.repeat(DEEPEST_CONFIG + 1)}\n`);
  desk.write('q.yaml', 'a: x\n');
  const { status, stderr } = await desk.run(['encrypt', 'q.yaml']);
  expect(status).not.toBe(0);
  expect(stderr).toContain('nested deeper than 10000 levels');
  expect(stderr).toContain('.sops.yaml');
});
