/** The plug-in under the real kustomize, from `KUSTOMIZE_BIN` or PATH: every vector of ksops in both forms, and what kubectl does. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { AGE_KEYS, copyOfCase, INDEX, type KsopsCase, vectorText } from '../support/kubernetes.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';

const KUSTOMIZE = findTool('kustomize', 'KUSTOMIZE_BIN', ['version']);
const KUBECTL = findTool('kubectl', 'KUBECTL_BIN', ['kustomize', '--help']);
const KRM_FLAGS = ['--enable-alpha-plugins', '--enable-exec'];
const LEGACY_FLAGS = ['--enable-alpha-plugins'];
const ANNOTATION = 'config.kubernetes.io/function';
/** Only kustomize sees these, or they are about the Go program's own text. */
const successes = INDEX.ksops.filter(({ krm }) => krm.exit === 0);
const failures = INDEX.ksops.filter(({ krm }) => krm.exit !== 0);

if (!KUSTOMIZE) announceSkipped(2 * INDEX.ksops.length + 2, 'no kustomize on PATH or in KUSTOMIZE_BIN');
if (!KUBECTL) announceSkipped(successes.length, 'no kubectl on PATH or in KUBECTL_BIN');

let program: Program;
/** Launchers: `ksops` on PATH, and the layout of legacy plug-ins. */
let path: string;
let home: string;

beforeAll(() => {
  program = new Program();
  const folder = dirname(dirname(program.file));
  path = join(folder, 'path');
  home = join(folder, 'plugins');
  launcher(join(path, 'ksops'));
  launcher(join(home, 'viaduct.ai', 'v1', 'ksops', 'ksops'));
});

function launcher(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const script = join(dirname(program.file), 'sops-ts-kustomize.js');
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(file, 0o755);
}

/** Builds a copy of a vector; for the legacy form without the annotation that asks for the KRM form. */
function buildCase(vector: KsopsCase, form: 'krm' | 'legacy', tool: readonly string[]) {
  const copy = copyOfCase(vector.in);
  try {
    if (form === 'legacy') for (const file of yamlBelow(copy.folder)) dropAnnotation(file);
    const [file = '', ...words] = tool;
    const ran = spawnSync(file, [...words, join(copy.folder, vector.build ?? '.')], {
      encoding: 'utf8',
      env: {
        PATH: [path, process.env.PATH].join(delimiter),
        HOME: copy.folder,
        KUSTOMIZE_PLUGIN_HOME: home,
        SOPS_AGE_KEY_FILE: AGE_KEYS,
        ...vector.env,
      },
    });
    return ran;
  } finally {
    copy.remove();
  }
}

function yamlBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith('.yaml') && statSync(file).isFile());
}

/** Takes the annotation, its block, and `annotations:` if nothing else stands there, out of a file. */
function dropAnnotation(file: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(ANNOTATION)) return;
  const without = text.replace(/^( *)config\.kubernetes\.io\/function: \|\n(?:\1 +.*\n)+/gm, '');
  writeFileSync(file, without.replace(/^( *)annotations:\n(?!\1 )/gm, ''));
}

function expectedOf(vector: KsopsCase, form: 'krm' | 'legacy'): string {
  const { output } = vector[form];
  return vectorText(output === undefined || output === 'same as krm' ? (vector.krm.output ?? '') : output);
}

describe.skipIf(!KUSTOMIZE)('under the real kustomize', () => {
  const tool = KUSTOMIZE ?? '';

  test.each(successes)('$id as KRM function: $about', (vector) => {
    const ran = buildCase(vector, 'krm', [tool, 'build', ...KRM_FLAGS]);
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(expectedOf(vector, 'krm'));
  });

  test.each(successes)('$id as legacy plug-in: $about', (vector) => {
    const ran = buildCase(vector, 'legacy', [tool, 'build', ...LEGACY_FLAGS]);
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(expectedOf(vector, 'legacy'));
  });

  test.each(failures)('$id fails in both forms: $about', (vector) => {
    for (const [form, flags] of [
      ['krm', KRM_FLAGS],
      ['legacy', LEGACY_FLAGS],
    ] as const) {
      const ran = buildCase(vector, form, [tool, 'build', ...flags]);
      expect(ran.status, `${form}: ${ran.stderr}`).toBe(vector[form].exit);
      if (vector[form].exit !== 0) expect(ran.stdout).toBe('');
      else expect(ran.stdout).toBe(expectedOf(vector, form));
    }
  });
});

describe.skipIf(!KUBECTL)('under kubectl kustomize', () => {
  test.each(successes)('$id as legacy plug-in: $about', (vector) => {
    const ran = buildCase(vector, 'legacy', [KUBECTL ?? '', 'kustomize', ...LEGACY_FLAGS]);
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout).toBe(expectedOf(vector, 'legacy'));
  });
});
