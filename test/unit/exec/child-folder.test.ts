/** The folders that programs are started in: of any bytes, and never another one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { startIn } from '../../../src/exec/child-folder.js';
import { findProgram } from '../../../src/exec/find-program.js';
import { runProgram } from '../../../src/exec/run-program.js';
import { decodeText } from '../../../src/util/text/text.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { hostOf } from '../keys/host.js';

let desk: Desk | undefined;

afterEach(() => desk?.remove());

test('a folder whose name is text is given as it is', () => {
  expect(startIn('/a/b', (cwd) => cwd)).toBe('/a/b');
});

describe.runIf(process.platform === 'linux')('a folder whose name is not UTF-8', () => {
  const made = (): string => {
    desk = new Desk();
    const bytes = Buffer.concat([Buffer.from(`${desk.folder}/d`), Buffer.of(0xff)]);
    mkdirSync(bytes);
    return decodeText(bytes);
  };

  test('is where a program runs', async () => {
    const folder = made();
    const host = hostOf({ env: { PATH: process.env.PATH ?? '' } });
    const file = (await findProgram('pwd', host)) ?? '';
    const { stdout } = await runProgram({ file, args: ['-P'], cwd: folder }, host);
    expect(decodeText(stdout).trim()).toBe(folder);
  });

  test('that is not there starts nothing elsewhere', () => {
    const folder = made();
    expect(() => startIn(`${folder}/gone`, () => 'started')).toThrow('ENOENT');
  });
});

test.runIf(process.platform === 'linux')('in such a folder of a repository a command looks at what it is given', () => {
  desk = new Desk();
  const script = `d=$(printf 'd\\377'); mkdir "$d"; cd "$d"; git init -q; mkdir in; printf 'a: 1\\n' > in/a.yaml
    printf 'creation_rules: [{ path_regex: ^in/, age: ${desk.recipient} }]\\n' > .sops.yaml; exec "$0" "$1" check in`;
  const { file } = new Program();
  const ran = spawnSync('sh', ['-c', script, process.execPath, file], { cwd: desk.folder, env: desk.env });
  expect([ran.status, ran.stdout.toString()]).toEqual([1, expect.stringContaining('in/a.yaml')]);
});
