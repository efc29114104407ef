/** The log of `--verbose` in the old forms: line by line that of the real sops. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { Desk } from '../support/desk.js';
import { Pair } from '../support/pair.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { sopsIn } from '../support/sops.js';

const desk = new Desk();
const other = generateIdentity();
const pair = new Pair(desk);
const ONE = `creation_rules:\n  - age: ${desk.recipient}\n`;
const GROUPS = `creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [${desk.recipient}]\n      - age: [${other.recipient}]\n`;
const rules = { SOPS_AGE_RECIPIENTS: '' };
const both = { SOPS_AGE_KEY: `${desk.identity}\n${other.identity}`, ...rules };
const wrong = { SOPS_AGE_KEY: other.identity, ...rules };

let sealed: Buffer;
let grouped: Buffer;
beforeAll(async () => {
  if (!SOPS) return;
  const sealIn = async (config: string): Promise<Buffer> => {
    desk.write('.sops.yaml', config);
    return (
      await sopsIn(desk.folder, ['-e', desk.write('p.yaml', 'a: x\nb:\n    - y\n')], { env: { ...desk.env, ...rules } })
    ).stdout;
  };
  sealed = await sealIn(ONE);
  grouped = await sealIn(GROUPS);
});
afterAll(() => desk.remove());

/** The log lines, without what differs from run to run: times, and addresses in SOPS's memory. */
function logOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^\[[A-Z_]+\]/.test(line));
  return lines.map((line) => line.replace(/time="[^"]+"/, 'time').replace(/(available: {2})\[.*\]/, '$1'));
}

const CASES: readonly (readonly [line: string, env: Record<string, string>, config: string])[] = [
  ['--verbose -d e.yaml', rules, ONE],
  ['--verbose -d e.yaml', wrong, ONE],
  ['--verbose -d --extract ["b"][0] e.yaml', rules, ONE],
  ['--verbose -d -i e.yaml', rules, ONE],
  ['--verbose -d --output o.yaml e.yaml', rules, ONE],
  ['--verbose -d --keyservice tcp://127.0.0.1:9 e.yaml', rules, ONE],
  ['--verbose -e p.yaml', {}, ONE],
  ['--verbose -e p.yaml', rules, ONE],
  ['--verbose -e p.yaml', rules, GROUPS],
  ['--verbose -e -i p.yaml', rules, ONE],
  ['--verbose -r -i e.yaml', rules, ONE],
  [`--verbose -r --add-age ${other.recipient} e.yaml`, rules, ONE],
  ['--verbose --set ["a"]_5 e.yaml', rules, ONE],
  ['--verbose e.yaml', { ...rules, EDITOR: 'sed -i s/x/z/' }, ONE],
  ['--verbose new.yaml', { ...rules, EDITOR: 'sed -i s/e/f/' }, ONE],
  ['--verbose -d g.yaml', both, GROUPS],
  ['--verbose -d g.yaml', rules, GROUPS],
  ['--verbose -r -i g.yaml', both, GROUPS],
];

describe.skipIf(!SOPS)('the log', () => {
  beforeEach(() => pair.clear());

  test.each(CASES)('%s (%o)', async (line, env, config) => {
    for (const [name, content] of Object.entries({ 'e.yaml': sealed, 'g.yaml': grouped, '.sops.yaml': config })) {
      pair.lay(name, content);
    }
    pair.lay('p.yaml', readFileSync(desk.path('p.yaml')));
    const words = line.split(' ').map((word) => word.replace('_', ' '));
    const { our, their } = await pair.run(words, { env: { PATH: process.env.PATH ?? '', ...env } });
    expect(our.status).toBe(their.status);
    expect(logOf(their.stderr)).not.toEqual([]);
    expect(logOf(our.stderr)).toEqual(logOf(their.stderr));
  });
});

describe.skipIf(SOPS)('without the real sops', () => {
  test('its logs are not compared', () => announceSkipped(CASES.length, 'sops is not installed'));
});
