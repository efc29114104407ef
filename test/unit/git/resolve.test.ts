import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { MergeDesk, sideOf } from '../../support/merge-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new MergeDesk();
afterAll(() => desk.remove());

const PLAIN = 'db:\n  user: alice\n  password: one\nhosts:\n  - a\n  - b\nport: 1\n';

/** The index of a conflict, and the marks that the driver leaves. */
async function conflict(name: string, plain: string, ours: (text: string) => string, theirs: (text: string) => string) {
  const base = await desk.encrypt(name, plain);
  const texts = { base, ours: await desk.edited(name, base, ours), theirs: await desk.edited(name, base, theirs) };
  const merged = await desk.merge(name, texts);
  writeFileSync(desk.path(name), merged.text);
  return { ...texts, merged };
}

function stage(name: string, texts: { base: Buffer; ours: Buffer; theirs: Buffer }): void {
  const hashes = (['base', 'ours', 'theirs'] as const).map((side) => {
    const path = desk.write(`stage-${side}`, texts[side]);
    return desk.git('hash-object', '-w', path).trim();
  });
  desk.git('rm', '-qf', '--cached', '--ignore-unmatch', name);
  const lines = hashes.map((hash, at) => `100644 ${hash} ${at + 1}\t${name}\n`).join('');
  desk.write('index-lines', lines);
  desk.git('-c', 'alias.put=!git update-index --index-info < index-lines', 'put');
}

/** An editor that writes a text made of what it is shown. */
function editor(script: string): Record<string, string> {
  desk.write('editor.sh', `#!/bin/sh\ncp "$1" ${desk.path('shown')}\n${script}\n`);
  return { SOPS_EDITOR: `sh ${desk.path('editor.sh')}` };
}

const swap = (from: string, to: string) => (text: string) => text.replace(from, to);

beforeAll(() => desk.git('init', '-q'));

describe('resolve', () => {
  test.each(['ours', 'theirs'] as const)('--%s decides what is open, and keeps what is not', async (side) => {
    const { merged } = await conflict(
      'a.yaml',
      PLAIN,
      (text) => text.replace('alice', 'bob').replace('port: 1', 'port: 2'),
      (text) => text.replace('alice', 'carol').replace('one', 'two'),
    );
    expect(merged.status).toBe(1);
    const ran = await desk.run(['resolve', `--${side}`, 'a.yaml']);
    expect(ran.stderr).toContain('decided db.user');
    expect(ran.status).toBe(0);
    const user = side === 'ours' ? 'bob' : 'carol';
    const wanted = PLAIN.replace('alice', user).replace('one', 'two').replace('port: 1', 'port: 2');
    expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(wanted);
  });

  test('the editor shows the values in conflict alone, and what stands there is taken', async () => {
    await conflict('a.yaml', PLAIN, swap('alice', 'bob'), (text) =>
      text.replace('alice', 'carol').replace('one', 'two'),
    );
    const env = editor('printf "db.user: dave\\n" > "$1"');
    const ran = await desk.run(['resolve', 'a.yaml'], { env });
    expect(ran.status).toBe(0);
    expect(desk.text('shown')).toContain('db.user: bob');
    expect(desk.text('shown')).toContain('db.user: carol');
    expect(desk.text('shown')).not.toMatch(/two|port/);
    expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(PLAIN.replace('alice', 'dave').replace('one', 'two'));
  });

  test('a mark that is left, a name that nobody asked and an untouched sheet change nothing', async () => {
    await conflict('a.yaml', PLAIN, swap('alice', 'bob'), swap('alice', 'carol'));
    const before = desk.text('a.yaml');
    for (const [script, said] of [
      ['sed -i s/bob/bill/ "$1"', 'mark of a conflict is left'],
      ['printf "db.user: x\\nother: y\\n" > "$1"', 'other is not what was asked'],
      ['true', 'Nothing was decided'],
    ] as const) {
      const ran = await desk.run(['resolve', 'a.yaml'], { env: editor(script) });
      expect(ran.stderr).toContain(said);
      expect(ran.status).not.toBe(0);
      expect(desk.text('a.yaml')).toBe(before);
    }
  });

  test("git's versions are taken where it has them, with what was decided by hand", async () => {
    const texts = await conflict(
      'a.yaml',
      PLAIN,
      (text) => text.replace('alice', 'bob').replace('port: 1', 'port: 2'),
      (text) => text.replace('alice', 'carol').replace('port: 1', 'port: 3'),
    );
    stage('a.yaml', texts);
    // The first conflict is decided by hand, for theirs; the others stay.
    const [first = '', ...rest] = texts.merged.text.split(/(?<=^>>>>>>> theirs\n)/m);
    desk.write('a.yaml', [sideOf(first, 'theirs'), ...rest].join(''));
    const ran = await desk.run(['resolve', '--ours', '--add', 'a.yaml']);
    expect(ran.stderr).toContain('decided port');
    expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(
      PLAIN.replace('alice', 'carol').replace('port: 1', 'port: 2'),
    );
    expect(desk.git('ls-files', '-u')).toBe('');
  });
});

describe('decisions that do not get into the file', () => {
  const rescued = (): string[] => desk.names().filter((name) => name.includes('.rescued-'));
  beforeEach(() => {
    for (const name of rescued()) rmSync(desk.path(name));
  });

  test.each([
    ['the editor fails', 'exit 1', 201],
    ['the editor is ended', 'kill -HUP $$', 201],
    ['somebody else writes the file', 'echo "# other" >> a.yaml', 75],
  ])('are kept, encrypted, when %s', async (_, more, status) => {
    await conflict('a.yaml', PLAIN, swap('alice', 'bob'), swap('alice', 'carol'));
    const env = editor(`printf "db.user: dave\\n" > "$1"; ${more}`);
    const ran = await desk.run(['resolve', 'a.yaml'], { env });
    const [name = ''] = rescued();
    expect([ran.status, name]).toEqual([status, expect.stringMatching(/^a\.yaml\.conflicts\.yaml\.rescued-/)]);
    expect(ran.stderr).toContain(`encrypted, in ${name}: sops-ts decrypt ${name}`);
    expect(desk.text(name)).not.toContain('dave');
    expect((await desk.run(['decrypt', name])).stdout.toString()).toBe('db.user: dave\n');
    expect(desk.text('a.yaml')).toContain('<<<<<<<');
  });
});

describe('resolve of what others have begun', () => {
  test('a mixed choice by hand, whose MAC does not fit, is made whole', async () => {
    const texts = await conflict(
      'a.yaml',
      PLAIN,
      (text) => text.replace('alice', 'bob').replace('port: 1', 'port: 2'),
      (text) => text.replace('alice', 'carol').replace('port: 1', 'port: 3'),
    );
    stage('a.yaml', texts);
    const [first = '', ...rest] = texts.merged.text.split(/(?<=^>>>>>>> theirs\n)/m);
    const mixed = sideOf(first, 'theirs') + sideOf(rest.join(''), 'ours');
    desk.write('a.yaml', mixed);
    expect((await desk.decrypt('a.yaml', mixed)).status).toBe(51);
    expect((await desk.run(['resolve', 'a.yaml'])).status).toBe(0);
    expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(
      PLAIN.replace('alice', 'carol').replace('port: 1', 'port: 2'),
    );
  });

  test('marks that git put between the lines of ciphertexts and of the metadata are opened', async () => {
    const base = await desk.encrypt('a.yaml', PLAIN);
    const ours = await desk.edited('a.yaml', base, swap('alice', 'bob'));
    const theirs = await desk.edited('a.yaml', base, swap('alice', 'carol'));
    for (const style of ['merge', 'diff3']) {
      for (const [name, bytes] of Object.entries({ o: base, a: ours, b: theirs })) desk.write(name, bytes);
      try {
        desk.git('-c', `merge.conflictStyle=${style}`, 'merge-file', 'a', 'o', 'b');
      } catch {
        // It tells the number of conflicts by its status.
      }
      expect(desk.text('a')).toMatch(/^<{7} a$/m);
      desk.git('rm', '-qf', '--cached', '--ignore-unmatch', 'a.yaml');
      desk.write('a.yaml', desk.text('a'));
      const ran = await desk.run(['resolve', '--theirs', 'a.yaml']);
      expect(ran.stderr).toContain('db.user');
      expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(PLAIN.replace('alice', 'carol'));
    }
  });

  test.each([
    ['the metadata alone', (text: string) => text.replace('port: 1', 'port: 2'), []],
    ['the metadata alone, where one side has another data key', (text: string) => text, ['rotate', '-i', 'a.yaml']],
  ])('marks that git put around %s get a MAC of what both sides made', async (_, change, rotation) => {
    const long = PLAIN.replace('hosts:', `${'# a line between\n'.repeat(8)}hosts:`);
    const base = await desk.encrypt('a.yaml', long);
    const ours = await desk.edited('a.yaml', base, swap('alice', 'bob'));
    desk.write('a.yaml', await desk.edited('a.yaml', base, change));
    if (rotation.length > 0) expect((await desk.run(rotation)).status).toBe(0);
    for (const [name, bytes] of Object.entries({ o: base, a: ours, b: desk.read('a.yaml') })) desk.write(name, bytes);
    // The status is the number of conflicts.
    desk.attemptGit('merge-file', 'a', 'o', 'b');
    desk.git('rm', '-qf', '--cached', '--ignore-unmatch', 'a.yaml');
    desk.write('a.yaml', desk.text('a'));
    const ran = await desk.run(['resolve', '--ours', 'a.yaml']);
    if (rotation.length === 0) expect(ran.status).toBe(0);
    // Lines under two data keys may be more than can be opened, but nothing that cannot be is ever written.
    const plain = change(long.replace('alice', 'bob'));
    if (ran.status === 0) expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(plain);
    else expect(desk.text('a.yaml')).toBe(desk.text('a'));
  });

  test('as a merge tool it is given the versions; items of lists can be had from both', async () => {
    const texts = await conflict('a.yaml', PLAIN, swap('  - b\n', '  - b\n  - c\n'), swap('  - b\n', '  - b\n  - d\n'));
    desk.write('l.yaml', texts.ours);
    desk.write('r.yaml', texts.theirs);
    desk.write('o.yaml', texts.base);
    const ran = await desk.run(['resolve', '--union', 'o.yaml', 'l.yaml', 'r.yaml', 'a.yaml']);
    expect(ran.stderr).toContain('decided hosts.2');
    expect(await desk.plain('a.yaml', desk.read('a.yaml'))).toBe(PLAIN.replace('  - b\n', '  - b\n  - c\n  - d\n'));
  });

  test('what cannot be united, and a file without conflict, are refused', async () => {
    await conflict('a.yaml', PLAIN, swap('alice', 'bob'), swap('alice', 'carol'));
    expect((await desk.run(['resolve', '--union', 'a.yaml'])).stderr).toContain('db.user holds one value');
    writeFileSync(desk.path('b.yaml'), await desk.encrypt('b.yaml', PLAIN));
    expect((await desk.run(['resolve', '--ours', 'b.yaml'])).stderr).toContain('no marks of a conflict');
  });

  test('a file that one side took out is kept or taken out by git, which is said', async () => {
    const texts = await conflict('a.yaml', PLAIN, swap('alice', 'bob'), swap('alice', 'carol'));
    stage('a.yaml', texts);
    const lines = desk.git('ls-files', '-s', 'a.yaml').trim().split('\n');
    for (const [gone, said] of [
      ['2', 'ours took the file out'],
      ['3', 'theirs took the file out'],
    ] as const) {
      desk.git('rm', '-q', '--cached', 'a.yaml');
      const input = lines.filter((line) => line.split(/[ \t]/)[2] !== gone).join('\n');
      execFileSync('git', ['update-index', '--index-info'], { cwd: desk.folder, input: `${input}\n` });
      const ran = await desk.run(['resolve', '--ours', 'a.yaml']);
      expect(ran.status).not.toBe(0);
      expect(ran.stderr).toContain(said);
    }
  });

  test('a file that is one text is shown as it is', async () => {
    const plain = 'one\ntwo\nthree\nfour\nfive\nsix\n';
    const { merged } = await conflict(
      't.txt',
      plain,
      (text) => text.replace('two', '2').replace('six', '6'),
      swap('two', 'zwei'),
    );
    expect(merged.status).toBe(1);
    const ran = await desk.run(['resolve', 't.txt'], {
      env: editor('sed -i "/^[<|=>]/d; /^two$/d; /^zwei$/d; /^six$/d" "$1"'),
    });
    expect(ran.stderr).toContain('decided data');
    expect(await desk.plain('t.txt', desk.read('t.txt'))).toBe(plain.replace('two', '2').replace('six', '6'));
  });
});
