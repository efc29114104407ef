/** The life cycle vectors of the real binary: `rotate`, `updatekeys`, `groups`, and what they do to files. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { fixture, keysOf, LIFECYCLE, type LifecycleCase, RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

type Expected = LifecycleCase['expect'];

/** Where sops-ts differs on purpose (docs/differences-from-sops.md#rotate-updatekeys-groups-revoke), why, and in what. */
const DIFFERENT: Readonly<Record<string, { readonly why: string; readonly expect: Partial<Expected> }>> = {
  'updatekeys-add-remove': { why: 'a removed recipient knows the old data key', expect: { values_reencrypted: true } },
  'updatekeys-ask-again-yes': { why: 'the same', expect: { values_reencrypted: true } },
  'updatekeys-to-one-group': { why: 'the same', expect: { values_reencrypted: true } },
  'updatekeys-drop-group': { why: 'the same', expect: { values_reencrypted: true } },
  'updatekeys-to-groups': {
    why: 'the threshold of the rule counts, and is shown',
    expect: { result_threshold: 2, stdout: shownWith('+++ shamir_threshold: 2', 'updatekeys-to-groups') },
  },
  'updatekeys-threshold-only': {
    why: 'the same',
    expect: {
      file_changed: true,
      stderr: 'Syncing keys for file <root>/f.yaml\nFile <root>/f.yaml synced with new keys\n',
      stdout: `${HEADLINE()}+++ shamir_threshold: 3\n--- shamir_threshold: 2\n${[0, 1, 2].map((at) => `Group ${at + 1}\n    ${RECIPIENTS[at]}\n`).join('')}`,
      result_threshold: 3,
      values_reencrypted: false,
    },
  },
  'groups-add-bad-recipient': {
    why: 'SOPS writes a file that nobody can open',
    expect: { exit: 1, file_changed: false, stderr: 'unknown recipient type: "nope"\n' },
  },
  'groups-delete-below-threshold': {
    why: 'errors are not log lines',
    expect: { stderr: 'Shamir threshold is 2, but we only have 1 key groups\n' },
  },
  'groups-delete-out-of-range': { why: 'SOPS crashes', expect: { exit: 1, stderr: 'there is no key group 9\n' } },
  'updatekeys-two-files': {
    why: 'errors are not log lines',
    expect: { stderr: 'stat <root>/absent.yaml: no such file or directory\nfailed updating 1 key(s)\n' },
  },
  'updatekeys-cannot-open': { why: 'the full report is for --verbose', expect: { stderr: firstLines() } },
  'decrypt-no-identity': { why: 'the same', expect: { stderr: firstLines() } },
  'decrypt-short-of-threshold': {
    why: 'the same',
    expect: { stderr: `${firstLines().split('\n')[0]}\nGroup 0: SUCCESS\nShamir threshold of 3, but only 1 part(s)\n` },
  },
};

function HEADLINE(): string {
  return "The following changes will be made to the file's groups:\n";
}

function shownWith(line: string, id: string): string {
  const { stdout } = LIFECYCLE.find((one) => one.id === id)?.expect ?? {};
  return (stdout ?? '').replace(HEADLINE(), `${HEADLINE()}${line}\n`);
}

function firstLines(): string {
  return 'Failed to get the data key required to decrypt the SOPS file.\nGroup 0: FAILED\n';
}

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
});
afterEach(() => yard.remove());

describe('the case', () => {
  test.each(LIFECYCLE.map((one) => [one.id, one] as const))('%s', async (id, one) => {
    const wanted: Expected = { ...one.expect, ...DIFFERENT[id]?.expect };
    const before = fixture(one.file);
    yard.write('f.yaml', before);
    if (one.config) yard.configure(one.config);
    const ran = await yard.run(one.args, { stdin: one.stdin ?? '', keys: identitiesOf(one) });
    const after = yard.read('f.yaml');

    expect(ran.status, ran.stderr).toBe(wanted.exit);
    if (wanted.stdout !== null) expect(ran.stdout.toString()).toBe(wanted.stdout);
    for (const line of wanted.stderr.split('\n').filter((text) => text.trim() !== '')) {
      expect(ran.stderr).toContain(line.replace(/^T /, '').replaceAll('<root>', yard.folder));
    }
    expect(after !== before).toBe(wanted.file_changed);
    if (wanted.result_groups && wanted.exit === 0)
      await checkResult(before, wanted.stdout === null ? ran.stdout.toString() : after, wanted);
  });

  test('names are those of cases', () => {
    const ids = LIFECYCLE.map(({ id }) => id);
    for (const id of Object.keys(DIFFERENT)) expect(ids).toContain(id);
  });
});

function identitiesOf({ identities }: LifecycleCase): number[] {
  if (identities === undefined) return [0, 1, 2, 3, 4];
  return identities === 'none' ? [] : [Number(/shamir(\d)/.exec(identities)?.[1])];
}

/** Holds a file that was written against the vector: its groups, whether its values are new, and that it can be read. */
async function checkResult(before: string, after: string, wanted: Expected): Promise<void> {
  const [old, fresh] = [await keysOf(before), await keysOf(after)];
  expect(fresh.groups).toEqual(wanted.result_groups);
  expect(fresh.metadata.shamirThreshold).toBe(wanted.result_threshold);
  expect(fresh.a !== old.a).toBe(wanted.values_reencrypted);
  if (!wanted.values_reencrypted) {
    const { mac, lastModified, version } = old.metadata;
    expect(fresh.metadata).toMatchObject({ mac, lastModified, version });
  }
  yard.write('after.yaml', after);
  yard.write('before.yaml', before);
  const [plain, plainBefore] = [await yard.run(['decrypt', 'after.yaml']), await yard.run(['decrypt', 'before.yaml'])];
  expect(plain).toEqual(plainBefore);
  expect(plain.status).toBe(0);
}
