/** What `init` makes, used by the real sops and by age (SOPS_BIN or PATH). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkipped, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';
import { sopsIn } from '../support/sops.js';

if (!SOPS) announceSkipped(3, 'there is no sops program');

describe.skipIf(!SOPS)('what init makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-init-'));
  const env = { HOME: folder, USER: 'alice' };
  beforeAll(async () => {
    expect(await run(['init', '--yes'], { cwd: folder, env })).toMatchObject({ status: 0, stderr: '' });
    mkdirSync(join(folder, 'k8s'));
    writeFileSync(join(folder, 'k8s/s.yaml'), 'kind: Secret\ndata:\n    a: eA==\n');
    writeFileSync(join(folder, '.env'), 'A=x\n');
    writeFileSync(join(folder, 'other.yaml'), 'a: x\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['k8s/s.yaml', '.env'])('sops encrypts %s by its rules, and opens it with its key', async (path) => {
    const sealed = await sopsIn(folder, ['encrypt', path], { env });
    expect([sealed.status, sealed.stderr]).toEqual([0, '']);
    expect(sealed.stdout.toString()).toContain('ENC[');
    expect(sealed.stdout.toString().includes('kind: Secret')).toBe(path === 'k8s/s.yaml');
    const opened = await sopsIn(folder, ['decrypt', '--filename-override', path], { env, stdin: sealed.stdout });
    expect([opened.status, opened.stderr]).toEqual([0, '']);
  });

  test('sops finds no rule for what none is for, either', async () => {
    expect((await sopsIn(folder, ['encrypt', 'other.yaml'], { env })).status).toBe(1);
    expect((await run(['encrypt', 'other.yaml'], { cwd: folder, env })).status).toBe(1);
  });
});
