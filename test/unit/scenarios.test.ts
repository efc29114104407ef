/** Plays the stories in test/scenarios, one file each, and shows that a story which does not go as it says fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacking, play } from '../support/scenario/play.js';
import { readScript } from '../support/scenario/script.js';
import { sample, WHOLE } from '../support/sweep.js';

const FOLDER = new URL('../scenarios/', import.meta.url).pathname;
const NAMES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'));

describe('scenarios', () => {
  const scripts = NAMES.sort().map((name) => ({ name, script: readScript(readFileSync(join(FOLDER, name), 'utf8')) }));
  const short = scripts.filter((one) => WHOLE || !one.script.needs.includes('time'));
  for (const { name, script } of sample(short, 2)) {
    test.skipIf(lacking(script))(`${name}: ${script.title}`, { timeout: 120_000 }, () => play(script));
  }
});

const playing = (...lines: string[]) => play(readScript(`# a story\n${lines.join('\n')}\n`));

describe('the player of scenarios', () => {
  const STORY = [
    'as alice',
    'sops-ts encrypt --age $ALICE a.yaml',
    'cp stdout b.yaml',
    'sops-ts decrypt b.yaml',
    'cmp stdout a.yaml',
    '! stderr .',
    "stdout '^a: ''x'' # '   # comment",
  ];
  const FILES = ["-- a.yaml --\na: 'x' # $HOME ${ALICE}", ''];

  test('plays a story', () => playing(...STORY, ...FILES));

  test.each([
    ['sops-ts decrypt a.yaml', 'ended with'],
    ['! sops-ts decrypt b.yaml', 'did not fail'],
    ['status 3', 'the status is 0'],
    ['stdout elsewhere', 'does not match'],
    ['! stdout x', 'did not fail'],
    ['stderr .', 'does not match'],
    ['cmp stdout b.yaml', 'differ'],
    ['! cmp stdout a.yaml', 'did not fail'],
    ['exists c.yaml', 'is not there'],
    ['! exists b.yaml', 'did not fail'],
    ['changed a.yaml b.yaml a', 'are new'],
    ['grep nothing b.yaml', 'does not match'],
    ['mode 777 b.yaml', 'the mode is'],
    ['write .sops-ts-00ff.tmp x', 'left behind'],
    // None of these is the failure that a `!` asks for.
    ['! grep x absent.yaml', 'no such file'],
    ['! cmp absent.yaml b.yaml', 'no such file'],
    ['! exec no-such-program', 'ENOENT'],
    ['! replace nothing something b.yaml', 'has no match'],
    ['! stdout', 'takes REGEX'],
    ['! exists b.yaml c.yaml', 'takes FILE'],
    ['! stdotu x', 'is not a command'],
    ['! exists $NOTHING', '$NOTHING is not set'],
    ["! exists 'b.yaml", 'a quote is not closed'],
    ['cd nowhere', 'no such file'],
    ['as dave', 'DAVE_KEY is not set'],
  ])('stops at %s', async (line, why) => {
    await expect(playing(...STORY, line, ...FILES)).rejects.toThrow(why);
  });

  test('a check before any program makes no sense', async () => {
    await expect(playing('! stdout x')).rejects.toThrow('no program has run');
  });

  test('a story has a title, and says first what it needs', () => {
    expect(() => readScript('sops-ts\n')).toThrow('begins with a comment');
    expect(() => readScript('# a\nexists b\nneeds git\n')).toThrow('line 3');
    expect(() => lacking(readScript('# a\nneeds telepathy\n'))).toThrow('telepathy');
  });
});
