/** At a terminal, commands that read standard input say what they wait for. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { Desk } from '../../support/desk.js';
import { Sink } from '../../support/run.js';

const desk = new Desk();
afterAll(() => desk.remove());
beforeAll(async () => {
  desk.write('e.yaml', await desk.encrypt('e.yaml', 'a: x\n'));
});

async function told(words: readonly string[], typed: string, isTTY: boolean): Promise<string> {
  const stdin = Object.assign(Readable.from([Buffer.from(typed)]), { isTTY });
  const stderr = new Sink();
  await main(words, { stdin, stdout: new Sink(), stderr, env: desk.env, cwd: desk.folder, platform: process.platform });
  return stderr.bytes().toString();
}

const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: x}\n';

describe.each<[string, string, string]>([
  ['decrypt', 'the file', ''],
  ['decrypt -', 'the file', ''],
  ['encrypt --filename-override f.yaml', 'the file', 'a: x\n'],
  ['encrypt --update e.yaml', 'the plaintext', 'a: y\n'],
  ['set e.yaml a --value-stdin', 'the value', '"y"'],
  ['kustomize decrypt', 'manifests', SECRET],
  ['refs eval', 'the document', 'a: x\n'],
  ['refs eval -f -', 'the document', 'a: x\n'],
])('%s', (line, what, typed) => {
  test('at a terminal', async () => {
    expect(await told(line.split(' '), typed, true)).toMatch(
      new RegExp(`^Reading ${what} from the terminal; end it with Ctrl`),
    );
  });

  test('from a pipe', async () => {
    expect(await told(line.split(' '), typed, false)).not.toContain('Reading');
  });
});
