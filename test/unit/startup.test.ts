/** A cold start loads what the command needs: the program's own file, built-ins, and nothing of the packages. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePrivateFolder } from '../../src/exec/private-folder.js';
import { Desk } from '../support/desk.js';
import { BESIDE_OTHERS, HEAVY, LoadWatch } from '../support/load-watch.js';
import { Program } from '../support/program.js';
import { fixturePath } from './keys/entries.js';

let program: Program;
let desk: Desk;
let watch: LoadWatch;

beforeAll(() => {
  program = new Program();
  desk = new Desk();
  watch = new LoadWatch(program, desk);
});

afterAll(() => {
  desk.remove();
});

test('the program finds its own files once, however many files it works on', async () => {
  const text = await desk.encrypt('m.yaml', 'a: 1\n');
  const names = Array.from({ length: 12 }, (_, at) => `m${at}.yaml`);
  for (const name of names) desk.write(name, text);
  const words = (count: number): string[] => ['decrypt', ...names.slice(0, count)];
  const ofTwo = watch.lookUpsOf(words(2));
  expect(ofTwo).toBeGreaterThan(0);
  // A run of another test beside this one adds two or three to either, and one for each file would add ten.
  expect(watch.lookUpsOf(words(12)) - ofTwo).toBeLessThan(10);
});

test.runIf(process.platform === 'linux')(
  'the program loads no more while another run keeps plaintext for its program',
  BESIDE_OTHERS,
  async () => {
    desk.write('kept.yaml', await desk.encrypt('kept.yaml', 'a: 1\n'));
    const host = {
      env: {},
      cwd: desk.folder,
      platform: process.platform,
      askSecret: async () => '',
      warn: () => undefined,
    };
    const { remove } = makePrivateFolder({ pid: process.pid, userId: process.geteuid?.() }, host);
    try {
      expect(watch.ownFilesOf(['decrypt', 'kept.yaml'])).toEqual(['start.cjs', 'sops-ts.cjs', 'yaml.cjs']);
    } finally {
      remove();
    }
  },
);

describe('decrypting a small age file', () => {
  test.each([
    ['yaml', 'a: 1\nb: [x, "y"]\n'],
    ['json', '{"a": 1}\n'],
    ['env', 'A=1\n'],
    ['ini', '[s]\na = 1\n'],
    ['bin', 'bytes'],
  ])('%s loads no package', async (ending, text) => {
    desk.write(`p.${ending}`, await desk.encrypt(`p.${ending}`, text));
    expect(watch.foreignTo(['decrypt', `p.${ending}`])).toEqual([]);
  });

  test('loads no heavy built-in', BESIDE_OTHERS, async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', 'a: 1\n'));
    const builtins = watch.builtinsOf(['decrypt', 'p.yaml']);
    expect(builtins).toContain('crypto');
    expect(builtins.filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test('the check sees what is loaded: a rule in RE2 syntax needs its engine', async () => {
    desk.write('rule.yaml', await desk.encrypt('rule.yaml', 'a: 1\n', '--encrypted-regex', '^a+$'));
    expect(watch.foreignTo(['decrypt', 'rule.yaml']).join()).toContain('/dist/packages/re2js.cjs');
    desk.write('names.yaml', await desk.encrypt('names.yaml', 'a: 1\n', '--encrypted-regex', '^(data|a)$'));
    expect(watch.foreignTo(['decrypt', 'names.yaml'])).toEqual([]);
  });
});

describe('encrypting for an age recipient', () => {
  test('loads no package, and no heavy built-in', BESIDE_OTHERS, () => {
    desk.write('plain.yaml', 'a: 1\n');
    expect(watch.foreignTo(['encrypt', 'plain.yaml'])).toEqual([]);
    expect(watch.builtinsOf(['encrypt', 'plain.yaml']).filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test(
    'needs one file beside the first, another for a configuration, and another for writing into a file',
    BESIDE_OTHERS,
    () => {
      desk.write('plain.json', '{"a": 1}');
      const [start, program_, encrypt, write] = ['start.cjs', 'sops-ts.cjs', 'encrypt.cjs', 'write.cjs'];
      expect(watch.ownFilesOf(['encrypt', 'plain.json'])).toEqual([start, program_, encrypt]);
      expect(watch.ownFilesOf(['encrypt', '--output', 'made.json', 'plain.json'])).toEqual([
        start,
        program_,
        encrypt,
        write,
      ]);
      expect(watch.ownFilesOf(['encrypt', '-i', 'plain.json'])).toEqual([start, program_, encrypt, write]);
      expect(watch.ownFilesOf(['decrypt', '-i', 'plain.json'])).toEqual([start, program_, write]);
      desk.write('.sops.yaml', `creation_rules: [{ age: ${desk.recipient} }]\n`);
      desk.write('plain.json', '{"a": 1}');
      expect(watch.ownFilesOf(['encrypt', 'plain.json']).toSorted()).toEqual(
        ['config.cjs', 'yaml.cjs', start, program_, encrypt].toSorted(),
      );
      rmSync(desk.path('.sops.yaml'));
    },
  );

  test('and changing a file needs a third, and not all the rest', BESIDE_OTHERS, async () => {
    desk.write('c.yaml', await desk.encrypt('c.yaml', 'a: 1\n'));
    const files = ['encrypt.cjs', 'sops-ts.cjs', 'start.cjs', 'write.cjs', 'yaml.cjs'];
    expect(watch.ownFilesOf(['set', 'c.yaml', '["a"]', '2']).toSorted()).toEqual(['change.cjs', ...files]);
    const rotating = ['config.cjs', 'rotate.cjs', ...files].toSorted();
    expect(watch.ownFilesOf(['rotate', '-i', 'c.yaml']).toSorted()).toEqual(rotating);
  });
});

describe('the version', () => {
  test('loads no package', () => {
    expect(watch.foreignTo(['--version'])).toEqual([]);
  });
});

test(
  'looking at a file, changing who reads it, several files and keys of SSH need more, but not all the rest',
  BESIDE_OTHERS,
  async () => {
    mkdirSync(desk.path('home/.ssh'), { recursive: true });
    desk.write('home/.ssh/id_ed25519', readFileSync(fixturePath('identities/ssh-ed25519')));
    const recipient = readFileSync(fixturePath('identities/ssh-ed25519.pub'), 'utf8').trim();
    desk.write('ssh.yaml', await desk.encrypt('ssh.yaml', 'a: 1\n', '--age', recipient));
    desk.write('own.yaml', await desk.encrypt('own.yaml', 'a: 1\n'));
    desk.write('rules.yaml', `creation_rules: [{ age: ${desk.recipient} }]\n`);
    const lines = [
      'decrypt ssh.yaml',
      'get own.yaml a',
      'list own.yaml',
      'filestatus own.yaml',
      'decrypt own.yaml ssh.yaml',
      'check own.yaml',
      'updatekeys --config rules.yaml -y own.yaml',
      '--help',
      'decrypt --help',
    ];
    for (const line of lines) expect(watch.ownFilesOf(line.split(' ')), line).not.toContain('rest.cjs');
  },
);

describe('the plug-in of kustomize', () => {
  test('loads its own file and those of a small decryption, and no package', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n';
    desk.write('s.enc.yaml', await desk.encrypt('s.yaml', secret));
    desk.write('gen.yaml', 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.enc.yaml]\n');
    const script = program.file.replace(/sops-ts\.js$/, 'sops-ts-kustomize.js');
    const options = { cwd: desk.folder, env: desk.env };
    expect(spawnSync(process.execPath, [...watch.words, script, 'gen.yaml'], options).status).toBe(0);
    const names = watch.loads().files.flatMap((file) => file.split('/').at(-1) ?? []);
    expect(names.toSorted()).toEqual([
      'kustomize.cjs',
      'preload.cjs',
      'sops-ts-kustomize.js',
      'sops-ts.cjs',
      'start.cjs',
      'yaml.cjs',
    ]);
  });
});
