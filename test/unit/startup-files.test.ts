/** The files of the program: which of them a run loads, and how large they are. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt } from '../../src/cli/commands/decrypt.js';
import { Desk } from '../support/desk.js';
import { BESIDE_OTHERS, HEAVY, LoadWatch } from '../support/load-watch.js';
import { Program } from '../support/program.js';

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

/** Bytes of what every run reads, of what it reads for YAML, of the whole program, and of the packages: to be raised knowingly. */
const BUDGET = { first: 205_000, yaml: 62_000, all: 1_580_000, packages: 2_700_000 };

/** What takes as many bytes as it may, or more. */
function beyondBudget(sizes: Readonly<Record<keyof typeof BUDGET, number>>): string[] {
  return (['first', 'yaml', 'all', 'packages'] as const)
    .filter((part) => !(sizes[part] < BUDGET[part]))
    .map((part) => `${part}: ${sizes[part]} of ${BUDGET[part]}`);
}

describe('the files of the program', () => {
  test.each([
    ['yaml', 'a: 1\n', ['start.cjs', 'sops-ts.cjs', 'yaml.cjs']],
    ['json', '{"a": 1}\n', ['start.cjs', 'sops-ts.cjs']],
    ['env', 'A=1\n', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
    ['ini', '[s]\na = 1\n', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
    ['bin', 'bytes', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
  ])('decrypting a small age file (%s) needs few of them', BESIDE_OTHERS, async (ending, text, files) => {
    desk.write(`q.${ending}`, await desk.encrypt(`q.${ending}`, text));
    expect(watch.ownFilesOf(['decrypt', `q.${ending}`])).toEqual(files);
  });

  test('git, which starts it for every blob of a history, needs no more', BESIDE_OTHERS, async () => {
    desk.write('blob.yaml', await desk.encrypt('blob.yaml', 'a: 1\n'));
    expect(watch.ownFilesOf(['git', 'textconv', 'blob.yaml'])).toEqual(['start.cjs', 'sops-ts.cjs', 'yaml.cjs']);
    expect(watch.foreignTo(['git', 'textconv', 'blob.yaml'])).toEqual([]);
    expect(watch.builtinsOf(['git', 'textconv', 'blob.yaml']).filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test('the version needs one more', () => {
    expect(watch.ownFilesOf(['--version'])).toEqual(['start.cjs', 'sops-ts.cjs', 'formats.cjs']);
  });

  test('the first brings no format but JSON, no configuration, no other command and no other provider', () => {
    const { sources } = program.loadedWith('sops-ts.cjs');
    const unwanted =
      /^src\/(?:formats\/(?:yaml|ini|dotenv|binary)|config\/(?:read|parse|decode)|util\/files\/(?:atomic-write|overwrite)|keys\/(?!age\/)[^/]+\/|cli\/commands\/(?!decrypt|git-textconv|registry|table|command|document-flags|shared-flags))/;
    expect([...sources].filter((name) => unwanted.test(name))).toEqual([]);
    expect([...sources]).toContain('src/formats/json/json.ts');
  });

  // A small module that stands in a part of its own kind brings all of that along, wherever else it is imported.
  test.each([
    ['sops-ts', []],
    ['yaml', ['sops-ts']],
    ['formats', ['sops-ts']],
    ['convert', ['sops-ts', 'yaml']],
    ['encrypt', ['sops-ts']],
    ['write', ['sops-ts']],
    ['services', ['sops-ts']],
    ['exec', ['sops-ts', 'write']],
    ['config', ['sops-ts', 'yaml']],
    ['change', ['encrypt', 'sops-ts', 'yaml']],
    ['rotate', ['config', 'encrypt', 'sops-ts', 'yaml']],
    ['kustomize', ['sops-ts', 'yaml']],
    ['look', ['exec', 'sops-ts', 'write']],
    ['keys', ['exec', 'sops-ts', 'write']],
    ['export', ['exec', 'formats', 'sops-ts', 'write']],
    ['guide', ['config', 'sops-ts', 'yaml']],
    ['agent', ['sops-ts']],
    ['build', ['exec', 'kustomize', 'sops-ts', 'write', 'yaml']],
    ['helm', ['exec', 'keys', 'kustomize', 'sops-ts', 'write', 'yaml']],
    ['references', ['exec', 'kustomize', 'services', 'sops-ts', 'write', 'yaml']],
  ])('%s is loaded with no others than it needs', (part, others) => {
    const files = [...program.loadedWith(`${part}.cjs`).files].map((name) => name.replace(/\.cjs$/, ''));
    expect(files.toSorted()).toEqual([part, ...others].toSorted());
  });

  test('what is run often and is no decryption needs not all the rest either', BESIDE_OTHERS, async () => {
    desk.write('r.yaml', await desk.encrypt('r.yaml', 'a: 1\n'));
    const lines: [string, string[]][] = [
      ['exec-env r.yaml true', ['yaml', 'exec', 'write']],
      ['exec-file r.yaml true', ['yaml', 'exec', 'write']],
      ['export --shell bash r.yaml', ['yaml', 'exec', 'write', 'export', 'formats']],
      ['refs get ref+echo://a', ['yaml', 'exec', 'write', 'kustomize', 'references', 'services']],
    ];
    for (const [line, parts] of lines) {
      const files = watch.ownFilesOf(line.split(' ')).map((name) => name.replace(/\.cjs$/, ''));
      expect(files.toSorted(), line).toEqual(['sops-ts', 'start', ...parts].toSorted());
    }
  });
});

describe('in the files of the program', () => {
  test('no run but help and completion reads what they say of commands and flags', () => {
    const dist = join(dirname(program.file), '..', 'dist');
    const said = [decrypt.about.summary, String(decrypt.about.examples[0]), String(decrypt.flags.inPlace.text.help)];
    const holders = said.map((text) =>
      readdirSync(dist).filter(
        (name) => name.endsWith('.cjs') && readFileSync(join(dist, name), 'utf8').includes(text),
      ),
    );
    expect(holders).toEqual(said.map(() => ['guide.cjs']));
  });

  test('V8 is told to compile at once what decrypting a small file runs', () => {
    const text = readFileSync(join(dirname(program.file), '..', 'dist', 'sops-ts.cjs'), 'utf8');
    const [marked, unmarked] = [/=\((?:async )?function\(/g, /(?:^|[;}])(?:async )?function [\w$]+\(/gm].map(
      (pattern) => text.match(pattern)?.length ?? 0,
    );
    expect(marked).toBeGreaterThan(200);
    expect(unmarked).toBeGreaterThan(200);
  });

  test('every module stands in one of them', () => {
    const sources = [...program.inputs.keys()].filter((name) => name.startsWith('src/'));
    const standing = [...program.files.values()].flatMap((file) => file.sources);
    expect(standing.filter((name) => name.startsWith('src/')).toSorted()).toEqual(sources.toSorted());
  });

  test('doctor tells the versions of the packages in them', () => {
    const ran = program.run(['doctor', '--verbose'], {
      cwd: desk.folder,
      env: desk.env,
    });
    const told = [...ran.stdout.toString().matchAll(/package (\S+): (.*)$/gm)].map(([, name, version]) => [
      name,
      version,
    ]);
    expect(told.map(([name]) => name)).toContain('@azure/identity');
    expect(told.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version ?? ''))).toEqual([]);
  });

  test('of each module there is one, also for the files that are loaded later', () => {
    const ran = program.run(['rotate', 'absent.yaml'], {
      cwd: desk.folder,
      env: { ...desk.env, SOPS_AGE_KEY: '' },
    });
    // An error of another copy of its class would be a defect, with another status.
    expect([ran.status, ran.stderr.toString()]).toEqual([
      2,
      expect.stringMatching(/^Error reading file: absent\.yaml/),
    ]);
  });

  test('have what keys of services need in a file beside the last part, which has all else', () => {
    const { files } = program.loadedWith('services.cjs');
    expect([...files]).toContain('services.cjs');
    expect([...files]).not.toContain('rest.cjs');
    expect(readFileSync(join(dirname(program.file), '..', 'dist', 'services.cjs'), 'utf8')).toContain('("aws-kms")');
  });

  test('are no larger than start-up bears, and hold no code of V8', () => {
    const dist = join(dirname(program.file), '..', 'dist');
    const sizes = sizesIn(dist);
    const bytes = (names: Iterable<string>): number =>
      [...names].reduce((sum, name) => sum + (sizes.get(name) ?? NaN), 0);
    const others = ['THIRD-PARTY-NOTICES.txt', 'packages', 'sbom.cdx.json'];
    expect([...sizes.keys()].filter((name) => !name.endsWith('.cjs'))).toEqual(others);
    for (const name of others) sizes.delete(name);
    const packages = [...sizesIn(join(dist, 'packages')).values()].reduce((sum, size) => sum + size, 0);
    const [first, yaml] = [bytes(['sops-ts.cjs']), bytes(['yaml.cjs'])];
    expect(beyondBudget({ first, yaml, all: bytes(sizes.keys()), packages })).toEqual([]);
  });

  test('that are larger are found, and so is what has no size', () => {
    const within = { first: BUDGET.first - 1, yaml: 1, all: BUDGET.all - 1, packages: BUDGET.packages - 1 };
    expect(beyondBudget(within)).toEqual([]);
    expect(beyondBudget({ ...within, first: BUDGET.first })).toEqual([`first: ${BUDGET.first} of ${BUDGET.first}`]);
    expect(beyondBudget({ ...within, all: NaN })).toEqual([`all: NaN of ${BUDGET.all}`]);
  });
});

/** The sizes of what is in a folder, by name. */
function sizesIn(folder: string): Map<string, number> {
  return new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));
}
