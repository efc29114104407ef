/** The audit log of docs/kubernetes/walkthroughs.md: what is set up there notes what is decrypted. Its place is fixed, and only root can write there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { ROOT } from '../support/program.js';
import { run } from '../support/run.js';

const desk = new Desk();
afterAll(() => desk.remove());

test.skipIf(process.platform === 'win32')('the configuration of the page makes the lines that it shows', async () => {
  const page = readFileSync(join(ROOT, 'docs/kubernetes/walkthroughs.md'), 'utf8');
  const shown = /\/etc\/sops\/audit\.yaml <<'END'\n([\s\S]*?)END\n/.exec(page)?.[1] ?? '';
  expect(shown).toContain('/var/log/sops/audit.jsonl');
  desk.write('audit.yaml', shown.replace('/var/log/sops/audit.jsonl', desk.path('audit.jsonl')));
  desk.write('app.env', await desk.encrypt('app.env', 'DB_PASS=swordfish\n'));
  desk.write('refs.yaml', 'a: ref+echo://x/y\n');
  for (const words of [
    ['decrypt', 'app.env'],
    ['refs', 'eval', 'refs.yaml'],
  ]) {
    const ran = await run(words, { cwd: desk.folder, env: desk.env, auditConfig: desk.path('audit.yaml') });
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
  }
  const lines = desk
    .text('audit.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { action: 'decrypt', file: desk.path('app.env'), user: expect.any(String) },
    { action: 'resolve', reference: expect.stringMatching(/^echo:\/\//) },
  ]);
  expect(desk.text('audit.jsonl')).not.toContain('swordfish');
});
