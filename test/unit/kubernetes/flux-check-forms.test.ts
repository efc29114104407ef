/** `flux check` on empty kustomizations and on forms of files that not every reader takes, as the controller's own code was seen to treat them. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { kustomization, layOut } from '../../support/layout.js';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  mkdirSync(desk.path('.git'));
});
afterEach(() => desk.remove());

async function check(program: 'flux' | 'kustomize' = 'flux'): Promise<{ status: number; out: string }> {
  const { status, stdout, stderr } = await desk.run([program, 'check', 'app']);
  return { status, out: stdout.toString() + stderr };
}

const HEAD = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

describe('a kustomization that holds nothing', () => {
  const EMPTY = ['', '# to come\n', '---\n', 'null\n', '{}\n', '\ufeff', HEAD, `${HEAD}resources:\nnamePrefix: ''\n`];

  test.each(EMPTY)('%j passes with Flux as the one it begins with, and stops a build elsewhere', async (text) => {
    layOut(desk, { 'app/kustomization.yaml': text });
    expect(await check()).toMatchObject({ status: 0, out: expect.stringContaining('looked at 1 kustomization(s)') });
    const alone = await check('kustomize');
    expect(alone).toMatchObject({ out: expect.stringContaining('kustomization.yaml is empty, which stops the build') });
    expect(alone.status).not.toBe(0);
    layOut(desk, { 'app/kustomization.yaml': kustomization('resources: [sub]'), 'app/sub/kustomization.yaml': text });
    for (const program of ['flux', 'kustomize'] as const) {
      const { status, out } = await check(program);
      expect([status, out]).toEqual([1, expect.stringContaining('app/sub/kustomization.yaml is empty')]);
    }
  });

  test.each(['resources: []\n', 'metadata: {name: x}\n', 'commonLabels: {}\n', 'namespace: n\n'])(
    '%j is something',
    async (fields) => {
      layOut(desk, { 'app/kustomization.yaml': HEAD + fields });
      expect((await check('kustomize')).status).toBe(0);
    },
  );
});

describe("what the controller's SOPS does not read", () => {
  const withMark = (bytes: Buffer) => Buffer.concat([Buffer.from('\ufeff'), bytes]);
  const withCrLf = (bytes: Buffer) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n'));
  const FORMS = [
    ['x.env', 'files: [x.env]', withCrLf, "has Windows' line ends"],
    ['x.env', 'envs: [x.env]', withCrLf, "has Windows' line ends"],
    ['x.env', 'envs: [x.env]', withMark, 'begins with a byte order mark'],
    ['x.json', 'files: [x.json]', withMark, 'begins with a byte order mark'],
    ['x', 'files: [x]', withMark, 'begins with a byte order mark'],
    ['x.yaml', 'files: [x.yaml]', withMark, undefined],
    ['x.yaml', 'files: [x.yaml]', withCrLf, undefined],
    ['x.json', 'files: [x.json]', withCrLf, undefined],
    ['x.ini', 'files: [x.ini]', withMark, undefined],
    ['x.ini', 'files: [x.ini]', withCrLf, undefined],
  ] as const;
  const TEXTS: Readonly<Record<string, string>> = {
    'x.env': 'A=CANARY\n',
    'x.json': '{\n\t"x": "CANARY"\n}\n',
    'x.yaml': 'x: CANARY\n',
    'x.ini': '[s]\nx = CANARY\n',
    x: 'CANARY',
  };

  test.each(FORMS)('%s under %s', async (name, fields, form, finding) => {
    const bytes = form(await desk.encrypt(name, TEXTS[name] ?? ''));
    layOut(desk, { 'app/kustomization.yaml': kustomization(`secretGenerator: [{name: g, ${fields}}]`) });
    desk.write(`app/${name}`, bytes);
    const { status, out } = await check();
    expect(status).toBe(finding === undefined ? 0 : 1);
    expect(out).toContain(finding === undefined ? 'no finding(s)' : `app/${name}: ${finding}`);
  });

  test('in the data of a Secret', async () => {
    const data = withCrLf(await desk.encrypt('x.env', 'A=CANARY\n')).toString('base64');
    layOut(desk, { 'app/s.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x.env: ${data}}\n` });
    expect(await check()).toMatchObject({
      status: 1,
      out: expect.stringContaining("data.x.env has Windows' line ends"),
    });
  });
});
