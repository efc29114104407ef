/** The Secrets that we print, held to the API server's own schemas by kubernetes-validate (PyPI). */
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { SEALED_VECTORS, sealedPath } from '../support/sealed.js';

const VALIDATE = findTool('kubernetes-validate', 'KUBERNETES_VALIDATE_BIN', ['--version']);
/** What opens in whole. */
const OPENING = SEALED_VECTORS.filter(({ id, sealed, unsealed }) => sealed && unsealed && id !== 'u-two-docs');
if (!VALIDATE) announceSkipped(OPENING.length + 5, 'there is no kubernetes-validate');

const desk = new Desk();
afterAll(() => desk.remove());

/** Validates a stream strictly: unknown fields and wrong types fail. */
function validate(text: string): { status: number | null; said: string } {
  const path = desk.write('objects.yaml', text);
  const ran = spawnSync(VALIDATE ?? '', ['--strict', path], { encoding: 'utf8' });
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

async function printed(words: readonly string[]): Promise<string> {
  const ran = await desk.run(words);
  expect(ran.status, ran.stderr).toBe(0);
  return ran.stdout.toString();
}

describe.skipIf(!VALIDATE)('the API server', () => {
  test.each(OPENING)('takes the Secret of unseal: $id', async ({ sealed = '', key = 'keys/a.key.pem' }) => {
    const words = ['unseal', sealedPath(sealed), '--private-key', sealedPath(key)];
    expect(validate(await printed(words))).toMatchObject({ status: 0 });
  });

  test('takes Secrets that were made of files', async () => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    desk.write('app.env', await desk.encrypt('app.env', 'A=1\nB=yes\nC=007\n'));
    desk.write('key.bin', await desk.encrypt('key.bin', Buffer.from([0, 255])));
    const words = ['kustomize', 'generate', '--name', 'app', '--from-env', 'app.env', '--from-binary', 'key.bin'];
    expect(validate(await printed(words))).toMatchObject({ status: 0 });
    expect(validate(await printed([...words, '--data-only', '--immutable', '--label', 'a=b']))).toMatchObject({
      status: 0,
    });
  });

  test('takes what the plug-in makes, in both of its kinds', async () => {
    desk.write('app.env', await desk.encrypt('app.env', 'A=1\nB=yes\nC=007\n'));
    const entry =
      'metadata: {name: s, labels: {a: b}}\n  type: example.com/t\n  envs: [app.env]\n  binaryFiles: [k=app.env]\n';
    for (const head of [
      'viaduct.ai/v1\nkind: ksops',
      'sops-ts.dev/v1\nkind: SopsGenerator\nimmutable: true\nbehavior: create',
    ]) {
      desk.write('gen.yaml', `apiVersion: ${head}\nmetadata: {name: g}\nsecretFrom:\n- ${entry}`);
      expect(validate(await printed(['kustomize', 'plugin', 'gen.yaml']))).toMatchObject({ status: 0 });
    }
  });

  test('takes the Roles and bindings of what files name', async () => {
    desk.write(
      'names.yaml',
      `apiVersion: v1
kind: Secret
metadata: {name: "007", namespace: prod}
---
values: [ref+k8s://v1/Secret/yes/true#/k, ref+k8s://v1/ConfigMap/yes/app#/k]
`,
    );
    const words = ['emit', 'rbac', '--service-account', 'prod/app,ops/on', 'names.yaml'];
    const text = await printed(words);
    expect(text.match(/^kind: Role(?:Binding)?$/gm)).toHaveLength(4);
    expect(validate(text)).toMatchObject({ status: 0 });
  });

  test.each([
    ['a number among the texts', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: 1}\n'],
    [
      'a Role whose names are not a list',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{resourceNames: a, verbs: [get]}]\n',
    ],
    ['an unknown field', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndatas: {}\n'],
  ])('refuses %s', (_what, text) => {
    expect(validate(text).status).not.toBe(0);
  });
});
