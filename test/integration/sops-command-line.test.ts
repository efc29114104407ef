/** The command line beside the real sops: words, flags, variables, counts, conflicts, statuses and messages (docs/command-line.md). */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findFlag } from '../../src/cli/words/flag.js';
import { flagsOf, globalFlags } from '../../src/cli/words/flags.js';
import { type Case, EDITOR, inputOf, PLAINS, Recipients } from '../support/command-lines/case.js';
import { COMMANDS } from '../support/command-lines/commands.js';
import { DIFFERENCES } from '../support/command-lines/differences.js';
import { WORDS } from '../support/command-lines/words.js';
import { Desk } from '../support/desk.js';
import { Pair } from '../support/pair.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { sopsIn } from '../support/sops.js';

const desk = new Desk();
const pair = new Pair(desk);
const sealed = new Map<string, Buffer>();
const second = new Desk();
const recipients = new Recipients(desk.recipient, second.recipient);

afterAll(() => {
  desk.remove();
  second.remove();
});
beforeAll(async () => {
  if (!SOPS) return;
  for (const [name, plain] of PLAINS) {
    const words = ['encrypt', '--output', name, desk.write(`plain-${name}`, plain)];
    const { status, stderr } = await sopsIn(desk.folder, words, { env: desk.env });
    if (status !== 0) throw new Error(stderr);
    sealed.set(name, desk.read(name));
  }
});
beforeEach(() => {
  pair.clear();
  for (const [name, content] of sealed) pair.lay(name, content);
  pair.lay('p.yaml', PLAINS[0]?.[1] ?? '');
  pair.lay('editor', EDITOR);
  for (const folder of pair.folders) chmodSync(join(folder, 'editor'), 0o755);
});

interface Outcome {
  readonly status: number;
  readonly said: string;
  readonly out: string;
}

async function runBoth(row: Case): Promise<{ our: Outcome; their: Outcome }> {
  for (const [name, content] of Object.entries(row.files ?? {})) pair.lay(name, recipients.fill(content));
  const options = { env: recipients.variablesOf(row), stdin: inputOf(row, sealed) };
  const { our, their } = await pair.run(recipients.wordsOf(row.line), options);
  const outcome = ({ status, stdout, stderr }: typeof our): Outcome => ({ status, said: stderr, out: `${stdout}` });
  return { our: outcome(our), their: outcome(their) };
}

/** What a file says, as sops reads it; undefined when it is not there. */
async function meaning(folder: string, name: string): Promise<string | undefined> {
  if (!existsSync(join(folder, name))) return undefined;
  const { status, stdout, stderr } = await sopsIn(folder, ['decrypt', name], { env: desk.env });
  return status === 0 ? stdout.toString() : `${stderr.split('\n')[0]} ${readFileSync(join(folder, name))}`;
}

describe.skipIf(!SOPS)('as sops', () => {
  test.each([...WORDS, ...COMMANDS])('$line $env', async (row) => {
    const { our, their } = await runBoth(row);
    const shown = `ours: ${our.status} ${our.said}\ntheirs: ${their.status} ${their.said}`;
    expect(our.status, shown).toBe(their.status);
    if (row.status !== undefined) expect(our.status, shown).toBe(row.status);
    if (!row.text) expect(our.out, shown).toBe(their.out);
    for (const text of [row.says ?? []].flat().map((text) => recipients.fill(text))) {
      expect(their.said + their.out).toContain(text);
      expect(our.said + our.out).toContain(text);
    }
    if (row.saysNot) {
      expect(their.said + their.out).not.toContain(recipients.fill(row.saysNot));
      expect(our.said + our.out).not.toContain(recipients.fill(row.saysNot));
    }
    for (const name of row.after ?? []) {
      expect(await meaning(pair.ours, name)).toBe(await meaning(pair.theirs, name));
    }
  });
});

/** By command, `''` for none: what the help pages of sops name. */
const COMMANDS_OF_SOPS = [
  '',
  ...['encrypt', 'decrypt', 'edit', 'set', 'unset', 'rotate', 'updatekeys', 'groups add', 'groups delete'],
  ...['exec-env', 'exec-file', 'filestatus', 'keyservice'],
];

if (!SOPS)
  announceSkipped(
    WORDS.length + COMMANDS.length + DIFFERENCES.length + COMMANDS_OF_SOPS.length + 1,
    'there is no sops program',
  );

describe.skipIf(!SOPS)('every flag of sops is taken', () => {
  test.each(COMMANDS_OF_SOPS)('%s', async (command) => {
    const { stdout } = await sopsIn(desk.folder, [...recipients.wordsOf(command), '--help'], {});
    const names = [...stdout.toString().matchAll(/^ {3}(--?[a-z].*?)(?: {2}|$)/gm)].flatMap(([, spelled = '']) =>
      [...spelled.matchAll(/--?([a-z][a-z-]*)/g)].map(([, name = '']) => name),
    );
    expect(names.length).toBeGreaterThan(0);
    const table = command === '' ? globalFlags() : flagsOf(command);
    expect(names.filter((name) => !findFlag(name, table))).toEqual([]);
  });
});

describe.skipIf(!SOPS)('types', () => {
  test('are not authenticated: an integer called a text is a text', async () => {
    const text =
      sealed
        .get('e.yaml')
        ?.toString()
        .replace(/(a: ENC.*)type:int/, '$1type:str') ?? '';
    expect(text).toMatch(/a: ENC.*type:str/);
    pair.lay('e.yaml', text);
    const { our, their } = await pair.run(['decrypt', 'e.yaml']);
    expect([our.status, their.status]).toEqual([0, 0]);
    expect(`${our.stdout}`).toBe(`${their.stdout}`);
    expect(`${our.stdout}`).toMatch(/^a: "1"$/m);
  });
});

describe.skipIf(!SOPS)('better than sops', () => {
  test.each(DIFFERENCES)('$line $env: $why', async (row) => {
    const { our, their } = await runBoth(row);
    const shown = `ours: ${our.status} ${our.said}\ntheirs: ${their.status} ${their.said}`;
    expect([our.status, their.status], shown).toEqual([row.ours, row.theirs]);
    for (const text of [row.says ?? []].flat()) expect(our.said + our.out).toContain(text);
    for (const name of row.intact ?? []) {
      expect(readFileSync(join(pair.ours, name)).equals(sealed.get(name) ?? Buffer.alloc(0))).toBe(true);
    }
    if (row.saysNot) expect(our.said + our.out).not.toContain(row.saysNot);
    expect(our.said).not.toContain('internal error');
  });
});
