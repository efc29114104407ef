/** `kustomize build` and the plug-in's launchers under the real kustomize: Flux's cases, private folders, signals, both forms. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { AGE_KEYS, copyOfCase, INDEX, vectorText } from '../support/kubernetes.js';
import { privateFoldersOf } from '../support/private-folders.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';

const KUSTOMIZE = findTool('kustomize', 'KUSTOMIZE_BIN', ['version']);
const KUBECTL = findTool('kubectl', 'KUBECTL_BIN', ['kustomize', '--help']);
const KSOPS = findTool('ksops', 'KSOPS_BIN', ['install', '/dev/null/none']) ?? process.env.KSOPS_BIN;
const CANARY = 'canary-c01d';
/** Flux does not look at the MAC; the others differ in what the controller alone knows. */
const FLUX = INDEX.flux.filter(({ id }) => !['wrong-suffix'].includes(id));

if (!KUSTOMIZE) announceSkipped(FLUX.length + 9, 'no kustomize on PATH or in KUSTOMIZE_BIN');
if (!KUBECTL) announceSkipped(1, 'no kubectl on PATH or in KUBECTL_BIN');
if (!KSOPS) announceSkipped(1, 'no ksops in KSOPS_BIN');

let program: Program;
let desk: Desk;
let tools: string;

beforeAll(() => {
  program = new Program();
});
beforeEach(() => {
  desk = new Desk();
  tools = desk.path('tools');
  mkdirSync(tools);
  if (KUSTOMIZE)
    symlinkSync(
      spawnSync('which', [KUSTOMIZE], { encoding: 'utf8' }).stdout.trim() || KUSTOMIZE,
      join(tools, 'kustomize'),
    );
  return () => desk.remove();
});

const env = () => ({ ...desk.env, PATH: `${tools}:/usr/bin:/bin` });
function sopsTs(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const ran = program.run(words, { cwd: desk.folder, env: { ...env(), ...more } });
  return { pid: ran.pid, status: ran.status, out: ran.stdout.toString(), err: ran.stderr.toString() };
}

/** An application: an encrypted Secret of its own, a dotenv file for kustomize's generator, and a plain object. */
async function application(): Promise<void> {
  const files: Record<string, Buffer | string> = {
    'base/kustomization.yaml': 'resources: [cm.yaml]\ngenerators: [gen.yaml]\n',
    'base/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: "1"}\n',
    'base/gen.yaml': `apiVersion: sops-ts.dev/v1
kind: SopsGenerator
metadata: {name: gen, annotations: {config.kubernetes.io/function: "exec: {path: sops-ts-kustomize}"}}
files: [db.enc.yaml]
`,
    'base/db.enc.yaml': await desk.encrypt(
      'x.yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {p: ${CANARY}}\n`,
    ),
    'prod/kustomization.yaml': `resources: [../base, listed.enc.yaml]
namePrefix: p-
secretGenerator:
- name: env
  envs: [app.enc.env]
`,
    'prod/app.enc.env': await desk.encrypt('app.env', `A=${CANARY}\n`),
    'prod/listed.enc.yaml': await desk.encrypt(
      'x.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: listed}\nstringData: {q: r}\n',
      '--encrypted-regex',
      '^stringData$',
    ),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(desk.path(name)), { recursive: true });
    desk.write(name, content);
  }
}

describe.skipIf(!KUSTOMIZE)('kustomize build', () => {
  test.each(FLUX)('as Flux: $id', ({ in: folder, path, exit, output, stderr }) => {
    const copy = copyOfCase(folder);
    const flags = ['--mac', 'skip', '--annotations', 'flux'];
    const ran = sopsTs(['kustomize', 'build', ...flags, join(copy.folder, path)], {
      SOPS_AGE_KEY_FILE: AGE_KEYS,
      SOPS_AGE_KEY: '',
    });
    copy.remove();
    if (exit === 0) expect(ran).toMatchObject({ status: 0, out: vectorText(output ?? '') });
    else {
      expect(ran.status).not.toBe(0);
      expect(ran.out).toBe('');
      expect(ran.err).toContain(stderr?.includes('no binary data') ? 'binary' : '');
    }
  });

  test('checks the MAC of what is encrypted in files, unlike Flux', () => {
    const copy = copyOfCase('flux/tampered/in');
    const ran = sopsTs(['kustomize', 'build', join(copy.folder, 'app')], {
      SOPS_AGE_KEY_FILE: AGE_KEYS,
      SOPS_AGE_KEY: '',
    });
    copy.remove();
    expect(ran).toMatchObject({ status: 51, out: '' });
  });

  test('decrypts generators, sources and listed objects, and leaves nothing behind', async () => {
    await application();
    const ran = sopsTs(['kustomize', 'build', 'prod', '--', '--reorder', 'none']);
    expect(ran.status, ran.err).toBe(0);
    expect(ran.out).toContain(`name: p-db\nstringData:\n  p: ${CANARY}\n`);
    expect(ran.out).toContain(`A: ${Buffer.from(CANARY).toString('base64')}`);
    expect(ran.out).toContain('name: p-listed\nstringData:\n  q: r\n');
    expect(ran.out).not.toMatch(/ENC\[|sops:/);
    expect(privateFoldersOf([ran.pid])).toEqual([]);
  });

  test('a failing build says what kustomize said, of the real files, and prints nothing', async () => {
    await application();
    desk.write('prod/kustomization.yaml', `${desk.text('prod/kustomization.yaml')}patches: [{path: nope.yaml}]\n`);
    const ran = sopsTs(['kustomize', 'build', 'prod']);
    expect(ran).toMatchObject({ status: 1, out: '' });
    expect(ran.err).toContain('nope.yaml');
    expect(ran.err).not.toContain('.sops-ts-');
  });

  test('faults name their file: a missing one, one behind a link that leads out, a key nobody has', async () => {
    await application();
    const generator = desk.text('base/gen.yaml');
    desk.write('base/gen.yaml', generator.replace('db.enc.yaml', 'nope.enc.yaml'));
    expect(sopsTs(['kustomize', 'build', 'prod'])).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining('in file base/nope.enc.yaml'),
    });
    const outside = new Desk();
    cpSync(desk.path('base/db.enc.yaml'), outside.path('out.enc.yaml'));
    symlinkSync(outside.path('out.enc.yaml'), desk.path('base/link.enc.yaml'));
    desk.write('base/gen.yaml', generator.replace('db.enc.yaml', 'link.enc.yaml'));
    expect(sopsTs(['kustomize', 'build', 'prod'])).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining('link.enc.yaml is a symbolic link'),
    });
    desk.write('base/kustomization.yaml', 'resources: [link.enc.yaml]\n');
    expect(sopsTs(['kustomize', 'build', 'base'])).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining('link.enc.yaml is a symbolic link'),
    });
    desk.write('base/kustomization.yaml', 'resources: [cm.yaml]\n');
    const lost = sopsTs(['kustomize', 'build', 'prod'], { SOPS_AGE_KEY: outside.identity });
    expect(lost).toMatchObject({ status: 128, out: '', err: expect.stringContaining('prod/app.enc.env') });
    outside.remove();
  });
});

describe.skipIf(!KUSTOMIZE)('kustomize build and what it starts', () => {
  test('a signal ends kustomize, and the private folder goes', async () => {
    await application();
    writeFileSync(join(tools, 'slow'), `#!/bin/sh\necho up >&2\nexec sleep 30\n`);
    chmodSync(join(tools, 'slow'), 0o755);
    desk.write(
      'base/gen.yaml',
      'apiVersion: x/v1\nkind: Slow\nmetadata: {name: s, annotations: {config.kubernetes.io/function: "exec: {path: slow}"}}\n',
    );
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = spawn(process.execPath, [program.file, 'kustomize', 'build', 'prod'], {
        cwd: desk.folder,
        env: env(),
        stdio: 'ignore',
      });
      const ended = new Promise<number | null>((settle) => child.on('exit', settle));
      for (let tries = 0; privateFoldersOf([child.pid]).length === 0 && tries < 100; tries++) await sleep(50);
      await sleep(300);
      expect(privateFoldersOf([child.pid])).toHaveLength(1);
      child.kill(signal);
      expect(await ended).not.toBe(0);
      expect(privateFoldersOf([child.pid])).toEqual([]);
    }
  });

  test('installed launchers serve kustomize itself in both forms', async () => {
    await application();
    const home = desk.path('plugins');
    expect(sopsTs(['kustomize', 'install', 'tools']).status).toBe(0);
    expect(sopsTs(['kustomize', 'install', '--legacy', 'plugins']).status).toBe(0);
    expect(sopsTs(['kustomize', 'check', 'base'])).toMatchObject({ status: 0 });
    const krm = spawnSync('kustomize', ['build', '--enable-alpha-plugins', '--enable-exec', 'base'], {
      cwd: desk.folder,
      env: env(),
      encoding: 'utf8',
    });
    expect(krm.stdout, krm.stderr).toContain(CANARY);
    desk.write(
      'base/gen.yaml',
      'apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: gen}\nfiles: [db.enc.yaml]\n',
    );
    const legacy = spawnSync('kustomize', ['build', '--enable-alpha-plugins', 'base'], {
      cwd: desk.folder,
      env: { ...env(), KUSTOMIZE_PLUGIN_HOME: home },
      encoding: 'utf8',
    });
    expect(legacy.stdout).toBe(krm.stdout);
    const script = join(dirname(program.file), 'sops-ts-kustomize.js');
    const self = spawnSync(process.execPath, [script, 'install', 'argo'], {
      cwd: desk.folder,
      env: env(),
      encoding: 'utf8',
    });
    expect(self).toMatchObject({ status: 0, stderr: 'installed argo/ksops\n' });
    expect(spawnSync(desk.path('argo/ksops'), ['a', 'b'], { encoding: 'utf8' })).toMatchObject({ status: 1 });
  });

  test('a transformer of our own kind decrypts listed objects within the build', async () => {
    await application();
    expect(sopsTs(['kustomize', 'install', 'tools']).status).toBe(0);
    desk.write(
      'prod/t.yaml',
      'apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: t, annotations: {config.kubernetes.io/function: "exec: {path: sops-ts-kustomize}"}}\nmacPolicy: skip\n',
    );
    desk.write('prod/kustomization.yaml', 'resources: [listed.enc.yaml]\nnamePrefix: p-\ntransformers: [t.yaml]\n');
    const ran = spawnSync('kustomize', ['build', '--enable-alpha-plugins', '--enable-exec', 'prod'], {
      cwd: desk.folder,
      env: env(),
      encoding: 'utf8',
    });
    expect(ran.stdout, ran.stderr).toBe(
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: p-listed\nstringData:\n  q: r\n',
    );
  });

  test('kustomize appends the hash that --hash appends', async () => {
    await application();
    sopsTs(['kustomize', 'install', 'tools']);
    desk.write('base/gen.yaml', desk.text('base/gen.yaml').replace('files:', 'needsHash: true\nfiles:'));
    const built = sopsTs(['kustomize', 'build', 'base']).out;
    const made = sopsTs(['kustomize', 'generate', '--hash', 'base/db.enc.yaml']).out;
    const name = /db-[a-z0-9]{10}/.exec(made)?.[0] ?? expect.fail();
    expect(built).toContain(`name: ${name}\n`);
  });
});

describe.skipIf(!KUBECTL)('with kubectl in place of kustomize', () => {
  test('the legacy form is built, the other refused', async () => {
    await application();
    const bin = desk.path('only');
    mkdirSync(bin);
    symlinkSync(spawnSync('which', [KUBECTL ?? ''], { encoding: 'utf8' }).stdout.trim(), join(bin, 'kubectl'));
    const path = { PATH: `${bin}:/usr/bin:/bin` };
    expect(sopsTs(['kustomize', 'build', 'prod'], path)).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining('base/gen.yaml is a KRM function, which kubectl would skip'),
    });
    desk.write(
      'base/gen.yaml',
      'apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: gen}\nfiles: [db.enc.yaml]\n',
    );
    const ran = sopsTs(['kustomize', 'build', 'prod'], path);
    expect(ran.out, ran.err).toContain(CANARY);
  });
});

/** Texts that YAML and Kubernetes take for something else, each its own. */
const VALUES = [
  'yes',
  '007',
  '1e3',
  '0x1F',
  '12:30',
  '2024-01-02',
  '~',
  '',
  ' a',
  'a: b',
  '- x',
  'é',
  '10.0.0.1',
  '1a',
  'a\nb\n',
  "it's",
  '"q"',
  '#c',
  '{}',
  '1.5',
  '-',
  '.5',
  'null',
  'On',
  'e',
  '0b1',
  '+1',
  '1_000',
];

async function layOutKsops(): Promise<void> {
  const lines = VALUES.filter((value) => !value.includes('\n')).map((value, at) => `K${at}=${value}`);
  desk.write('v.enc.env', await desk.encrypt('v.env', lines.join('\n')));
  for (const [at, value] of VALUES.entries()) desk.write(`f${at}.enc`, await desk.encrypt(`f${at}`, value));
  const map = `# top\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m # inline\n  labels: {a: "b"}\ndata:\n  list: |\n    x\n  n: '1'\n`;
  desk.write('m.enc.yaml', await desk.encrypt('m.yaml', map));
  desk.write(
    'gen.yaml',
    `apiVersion: viaduct.ai/v1
kind: ksops
metadata: {name: g}
files: [m.enc.yaml]
secretFrom:
- metadata: {name: a, labels: {x: "true"}}
  type: 1e6
  envs: [v.enc.env]
- metadata: {name: b, namespace: "y"}
  files: [${VALUES.map((_, at) => `k${at}=f${at}.enc`).join(', ')}]
  binaryFiles: [f2.enc]
`,
  );
}

describe.skipIf(!KSOPS)('beside the real ksops', () => {
  test('the legacy stream is the same, on files that both encrypted', async () => {
    await layOutKsops();
    const theirs = spawnSync(KSOPS ?? '', ['gen.yaml'], { cwd: desk.folder, env: env(), encoding: 'utf8' });
    const script = join(dirname(program.file), 'sops-ts-kustomize.js');
    const ours = spawnSync(process.execPath, [script, 'gen.yaml'], { cwd: desk.folder, env: env(), encoding: 'utf8' });
    expect(theirs.status, theirs.stderr).toBe(0);
    expect(ours.status, ours.stderr).toBe(0);
    expect(ours.stdout).toBe(theirs.stdout);
  });
});
