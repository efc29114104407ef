/** What `kustomize build` makes before kustomize runs: the vectors and trees of several folders, equal to kustomize with ksops, and which plug-ins start. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHost } from '../../src/cli/host.js';
import { openValues } from '../../src/cli/object-values.js';
import { ownProcess } from '../../src/cli/start/own-process.js';
import { buildKustomization } from '../../src/kubernetes/kustomize/build.js';
import { Desk } from '../support/desk.js';
import { AGE_KEYS, copyOfCase, INDEX, type KsopsCase, vectorText } from '../support/kubernetes.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { Sink } from '../support/run.js';

const KUSTOMIZE = findTool('kustomize', 'KUSTOMIZE_BIN', ['version']);
const KSOPS = findTool('ksops', 'KSOPS_BIN', ['install', '/dev/null/none']) ?? process.env.KSOPS_BIN;
const VECTORS = INDEX.ksops.filter(({ krm }) => krm.exit === 0);
if (!KUSTOMIZE) announceSkipped(VECTORS.length + 3, 'no kustomize on PATH or in KUSTOMIZE_BIN');
if (!KSOPS) announceSkipped(6, 'no ksops in KSOPS_BIN');

const tools = mkdtempSync(join(tmpdir(), 'sops-ts-ahead-'));
const log = join(tools, 'starts');
let desk: Desk;

beforeAll(() => {
  const script = join(dirname(new Program().file), 'sops-ts-kustomize.js');
  const counted = `#!/bin/sh\necho start >> '${log}'\nexec '${process.execPath}' '${script}' "$@"\n`;
  writeFileSync(join(tools, 'counted'), counted);
  chmodSync(join(tools, 'counted'), 0o755);
  for (const [name, file] of [
    ['kustomize', KUSTOMIZE],
    ['ksops', KSOPS],
  ])
    if (name && file) symlinkSync(execFileSync('which', [file], { encoding: 'utf8' }).trim(), join(tools, name));
});
beforeEach(() => {
  desk = new Desk();
  return () => desk.remove();
});
afterAll(() => rmSync(tools, { recursive: true }));

interface Built {
  readonly stdout: string;
  readonly stderr: string;
  /** How often the plug-in was started by kustomize. */
  readonly starts: number;
}

/** Builds in this process; the plug-in, where kustomize starts it, is counted. */
async function built(folder: string, env: Readonly<Record<string, string>>): Promise<Built> {
  rmSync(log, { force: true });
  const streams = {
    ...{ stdin: Readable.from([]), stdout: new Sink(), stderr: new Sink(), platform: process.platform },
    env: { ...env, PATH: [tools, process.env.PATH].join(delimiter) },
  };
  const request = {
    ...{ folder, args: [], skipMac: true, heedsAnnotation: false },
    ...{ launch: { command: [join(tools, 'counted')] }, openValues },
  };
  const { stdout, stderr } = await buildKustomization(request, ownProcess(), createHost({ ...streams, cwd: folder }));
  const starts = existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0;
  return { stdout, stderr, starts };
}

function expectedOf({ krm }: KsopsCase): string {
  return vectorText(krm.output ?? '');
}

describe.skipIf(!KUSTOMIZE)('the vectors of ksops', () => {
  test.each(VECTORS)('$id: $about', async (vector) => {
    const copy = copyOfCase(vector.in);
    try {
      const folder = join(copy.folder, vector.build ?? '.');
      const { stdout, stderr, starts } = await built(folder, {
        HOME: copy.folder,
        SOPS_AGE_KEY_FILE: AGE_KEYS,
        ...vector.env,
      });
      expect(stdout, stderr).toBe(expectedOf(vector));
      expect(starts).toBe(0);
    } finally {
      copy.remove();
    }
  });
});

const KRM = (path = 'ksops') => `{config.kubernetes.io/function: "exec: {path: ${path}}"}`;
const generator = (name: string, files: string, more = '') =>
  `apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: ${name}, annotations: ${KRM()}}\nfiles: [${files}]\n${more}`;

/** Lays out files; those that end in `.enc.yaml` are encrypted. */
async function layOut(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(desk.path(name)), { recursive: true });
    const content = name.endsWith('.enc.yaml')
      ? await desk.encrypt('s.yaml', text, '--encrypted-regex', '^(data|stringData)$')
      : text;
    desk.write(name, content);
  }
}

function secret(name: string, annotations = ''): string {
  const marks = annotations === '' ? '' : `\n  annotations: {${annotations}}`;
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}${marks}\nstringData:\n  p: of-${name}\n`;
}

const HASH = 'kustomize.config.k8s.io/needs-hash: "true"';
const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: "1"}\n';
const BASE = {
  'base/kustomization.yaml':
    'resources: [cm.yaml]\ngenerators: [a.yaml, b.yaml]\nconfigMapGenerator:\n- name: g\n  literals: [x=y]\n',
  'base/cm.yaml': MAP,
  'base/a.yaml': generator('a', 'one.enc.yaml, ./sub/two.enc.yaml'),
  'base/b.yaml': generator('b', 'three.enc.yaml'),
  'base/one.enc.yaml': secret('one', HASH),
  'base/sub/two.enc.yaml': secret('two'),
  'base/three.enc.yaml': secret('three'),
};

const SCALARS = [
  'y',
  'Off',
  'NO',
  'true',
  '010',
  '1_000',
  '1.0',
  '!!str 5',
  "'y'",
  '2020-01-01',
  '2020-1-1',
  '"2020-01-01"',
];

/** Trees, what is built of each, and how many plug-ins kustomize must still start. */
const TREES: Readonly<Record<string, { files: Readonly<Record<string, string>>; build: string; starts?: number }>> = {
  'a base in two overlays, in the order of listing': {
    files: {
      ...BASE,
      'left/kustomization.yaml': 'resources: [../base]\nnamePrefix: l-\nsortOptions: {order: fifo}\n',
      'right/kustomization.yaml': 'resources: [../base]\nnamespace: r\nnameSuffix: -r\n',
      'kustomization.yaml': 'resources: [left, right]\nsortOptions: {order: fifo}\n',
    },
    build: '.',
  },
  'a component, and a generator written in the kustomization': {
    files: {
      ...BASE,
      'part/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ngenerators:\n- |\n  ${generator('inline', 'four.enc.yaml').replaceAll('\n', '\n  ')}\n`,
      'part/four.enc.yaml': secret('four'),
      'top/kustomization.yaml': 'resources: [../base]\ncomponents: [../part]\n',
    },
    build: 'top',
  },
  'a merge into what a base has': {
    files: {
      ...BASE,
      'top/kustomization.yaml': 'resources: [../base]\ngenerators: [m.yaml]\n',
      'top/m.yaml': generator('m', 'm.enc.yaml'),
      'top/m.enc.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: three\n  annotations: {kustomize.config.k8s.io/behavior: merge}\ndata:\n  q: cQ==\n`,
    },
    build: 'top',
  },
  'a folder that lists generators': {
    files: {
      ...BASE,
      'base/kustomization.yaml': 'generators: [gens]\n',
      'base/gens/kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
      'base/gens/a.yaml': BASE['base/a.yaml'],
      'base/gens/b.yaml': BASE['base/b.yaml'],
    },
    build: 'base',
  },
  'a folder that changes generators, which are left to the plug-in': {
    files: {
      ...BASE,
      'base/kustomization.yaml': 'generators: [gens]\n',
      'base/gens/kustomization.yaml': 'resources: [a.yaml, b.yaml]\nnamePrefix: x-\n',
      'base/gens/a.yaml': BASE['base/a.yaml'],
      'base/gens/b.yaml': BASE['base/b.yaml'],
    },
    build: 'base',
    starts: 2,
  },
  'scalars that readers of YAML take for different things': {
    files: {
      ...BASE,
      'base/a.yaml': generator(
        'a',
        '',
        `secretFrom:\n- metadata:\n    name: m\n    annotations: {${SCALARS.map((text, at) => `k${at}: ${text}`).join(', ')}}\n  files: [x.enc.yaml]\n`,
      ),
      'base/x.enc.yaml': 'stringData: {a: b}\n',
    },
    build: 'base',
  },
  'names that are quoted, or on two kinds, which are left to the plug-in': {
    files: {
      ...BASE,
      'base/a.yaml': generator('"yes"', 'one.enc.yaml'),
      'base/b.yaml': generator('"007"', 'sub/two.enc.yaml'),
    },
    build: 'base',
    starts: 2,
  },
};

describe.skipIf(!KUSTOMIZE || !KSOPS)('beside kustomize with ksops', () => {
  test.each(Object.entries(TREES))('%s', async (_about, { files, build, starts = 0 }) => {
    await layOut(files);
    const env = { ...desk.env, PATH: [tools, '/usr/bin', '/bin'].join(delimiter) };
    const words = ['build', '--enable-alpha-plugins', '--enable-exec', build];
    const theirs = spawnSync('kustomize', words, { cwd: desk.folder, env, encoding: 'utf8' });
    expect(theirs.status, theirs.stderr).toBe(0);
    const ours = await built(desk.path(build), env);
    expect(ours.stdout, ours.stderr).toBe(theirs.stdout);
    expect(ours.starts).toBe(starts);
  });
});

describe.skipIf(!KUSTOMIZE)('kinds and forms', () => {
  const own = (name: string, annotations: string, files: string) =>
    `apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: ${name}${annotations}}\nneedsHash: true\nfiles: [${files}]\n`;

  test('our own kind in both forms, and ksops in the legacy one, in a copy of the tree too', async () => {
    await layOut({
      ...BASE,
      'base/kustomization.yaml': 'resources: [listed.enc.yaml]\ngenerators: [a.yaml, b.yaml, c.yaml]\n',
      'base/listed.enc.yaml': secret('listed'),
      'base/a.yaml': own('a', `, annotations: ${KRM('sops-ts-kustomize')}`, 'one.enc.yaml'),
      'base/b.yaml': own('b', '', 'sub/two.enc.yaml'),
      'base/c.yaml': 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: c}\nfiles: [three.enc.yaml]\n',
    });
    const { stdout, stderr, starts } = await built(desk.path('base'), desk.env);
    for (const name of ['one', 'two', 'three', 'listed']) expect(stdout, stderr).toContain(`p: of-${name}\n`);
    expect(stdout).toMatch(/name: two-[a-z0-9]{10}\n/);
    expect(starts).toBe(0);
  });

  test('where one transforms, the plug-in is started for both', async () => {
    await layOut({
      ...BASE,
      'base/kustomization.yaml': 'resources: [listed.enc.yaml]\ngenerators: [b.yaml]\ntransformers: [t.yaml]\n',
      'base/listed.enc.yaml': secret('listed'),
      'base/t.yaml': `apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: b, annotations: ${KRM('sops-ts-kustomize')}}\nmacPolicy: skip\n`,
    });
    const { stdout, stderr, starts } = await built(desk.path('base'), desk.env);
    expect(stdout, stderr).toContain('p: of-three\n');
    expect(starts).toBe(2);
  });

  test('a failure names the file, as the user would, and no kustomize is started', async () => {
    await layOut(BASE);
    desk.write('base/b.yaml', generator('b', 'nope.enc.yaml'));
    await expect(built(desk.folder.concat('/base'), desk.env)).rejects.toMatchObject({
      code: 'input-unreadable',
      file: 'nope.enc.yaml',
      message: expect.stringContaining('nope.enc.yaml'),
    });
    expect(existsSync(log)).toBe(false);
  });
});
