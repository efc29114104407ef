/** The real sops with a `.sops.yaml` that has settings of ours: it passes over them, or refuses. */
import { afterAll, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { Desk } from '../support/desk.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';

const desk = new Desk();
const other = generateIdentity();
afterAll(() => desk.remove());
if (!SOPS) announceSkipped(4, 'no sops');

describe.skipIf(!SOPS)('sops', () => {
  const env = { SOPS_AGE_KEY: desk.identity };
  const top = "formats: {'*.x': ini}\nmatch_output_path: true\n";

  test('encrypts by the rest of a rule, and reads what we encrypt by all of it', async () => {
    desk.write('all.txt', `${other.recipient}\n`);
    desk.write('a.yaml', 'a: b\n');
    desk.write('.sops.yaml', `${top}creation_rules:\n  - age_recipients_file: all.txt\n    age: ${desk.recipient}\n`);
    const theirs = runSops(['encrypt', 'a.yaml'], desk.folder, env);
    expect([theirs.includes(desk.recipient), theirs.includes(other.recipient)]).toEqual([true, false]);
    expect((await desk.run(['encrypt', '-i', 'a.yaml'], { env: { SOPS_AGE_RECIPIENTS: '' } })).status).toBe(0);
    expect(desk.text('a.yaml')).toContain(other.recipient);
    for (const identity of [desk.identity, other.identity])
      expect(runSops(['decrypt', 'a.yaml'], desk.folder, { SOPS_AGE_KEY: identity })).toBe('a: b\n');
  });

  test('refuses a rule with any_of alone, and reads what we encrypt by it', async () => {
    desk.write('b.yaml', 'a: b\n');
    desk.write(
      '.sops.yaml',
      `${top}creation_rules:\n  - any_of: [{age: [${desk.recipient}]}, {age: [${other.recipient}]}]\n`,
    );
    expect(() => runSops(['encrypt', 'b.yaml'], desk.folder, env)).toThrow('empty key group');
    expect((await desk.run(['encrypt', '-i', 'b.yaml'], { env: { SOPS_AGE_RECIPIENTS: '' } })).status).toBe(0);
    for (const identity of [desk.identity, other.identity])
      expect(runSops(['decrypt', 'b.yaml'], desk.folder, { SOPS_AGE_KEY: identity })).toBe('a: b\n');
  });

  test('reads a file whose selection was changed', async () => {
    const rule = (more: string): string => `creation_rules:\n  - age: ${desk.recipient}\n${more}`;
    desk.write('d.yaml', '# c\na: b # d\ndata:\n    e: f\n');
    desk.write('.sops.yaml', rule(''));
    expect((await desk.run(['encrypt', '-i', 'd.yaml'], { env: { SOPS_AGE_RECIPIENTS: '' } })).status).toBe(0);
    desk.write('.sops.yaml', rule('    encrypted_regex: ^data$\n'));
    expect((await desk.run(['updatekeys', '-y', '--selection', 'd.yaml'])).status).toBe(0);
    expect(desk.text('d.yaml')).toMatch(/^# c\na: b # d\n/);
    expect(runSops(['decrypt', 'd.yaml'], desk.folder, env)).toContain('a: b # d\ndata:\n    e: f\n');
  });

  test('reads a file of a format that its name got from us, with the flags that we name', async () => {
    desk.write('c.x', '[s]\na = b\n');
    desk.write('.sops.yaml', `${top}creation_rules:\n  - age: ${desk.recipient}\n`);
    const { stderr } = await desk.run(['encrypt', '-i', 'c.x'], { env: { SOPS_AGE_RECIPIENTS: '' } });
    expect(stderr).toContain('--input-type ini --output-type ini');
    expect(runSops(['decrypt', '--input-type', 'ini', '--output-type', 'ini', 'c.x'], desk.folder, env)).toMatch(
      /^\[s\]\na = b$/m,
    );
  });
});
