/** The command lines that integration tests run beside the real sops (sops-command-line.test.ts), run without it. */
import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type Case, EDITOR, inputOf, PLAINS, Recipients } from '../../support/command-lines/case.js';
import { COMMANDS } from '../../support/command-lines/commands.js';
import { DIFFERENCES } from '../../support/command-lines/differences.js';
import { WORDS } from '../../support/command-lines/words.js';
import { Desk } from '../../support/desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new Desk();
const second = new Desk();
const recipients = new Recipients(desk.recipient, second.recipient);
const sealed = new Map<string, Buffer>();

beforeAll(async () => {
  for (const [name, plain] of PLAINS) sealed.set(name, await desk.encrypt(name, plain));
});
beforeEach(() => {
  desk.clear();
  for (const [name, content] of sealed) desk.write(name, content);
  desk.write('p.yaml', PLAINS[0]?.[1] ?? '');
  chmodSync(desk.write('editor', EDITOR), 0o755);
});
afterAll(() => {
  desk.remove();
  second.remove();
});

async function check(row: Case, status: number | undefined): Promise<void> {
  for (const [name, content] of Object.entries(row.files ?? {})) desk.write(name, recipients.fill(content));
  const options = { env: recipients.variablesOf(row), stdin: inputOf(row, sealed) };
  const ran = await desk.run(recipients.wordsOf(row.line), options);
  if (status !== undefined) expect(ran.status, ran.stderr).toBe(status);
  const said = ran.stderr + ran.stdout.toString();
  for (const text of [row.says ?? []].flat()) expect(said).toContain(recipients.fill(text));
  if (row.saysNot) expect(said).not.toContain(recipients.fill(row.saysNot));
}

describe.skipIf(process.platform === 'win32')('command lines', () => {
  test.each(sample([...WORDS, ...COMMANDS], 3))('$line $env $files', (row) => check(row, row.status));

  test.each(sample(DIFFERENCES, 3))('$line $env $files: $why', async (row) => {
    await check(row, row.ours);
    for (const name of row.intact ?? []) expect(desk.read(name)).toEqual(sealed.get(name));
  });
});
