/**
 * Patches that are encrypted when they are applied, and manifests in UTF-16. What kustomize makes of each was tried with 5.8, and what the
 * controller's SOPS makes of that with `sops decrypt --ignore-mac`.
 */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CheckDesk, fluxCheck as check } from '../../support/check-desk.js';
import { CONFIG_MAP, kustomization, layOut, VALUES_ONLY } from '../../support/layout.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const EMPTY = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ntype: Opaque\n';
const PATCH = `${EMPTY}stringData:\n  k: CANARY\n`;
const indented = (text: string) => text.trimEnd().replaceAll('\n', '\n      ');
const FORMS = [
  ['patchesStrategicMerge', () => 'patchesStrategicMerge: [p.yaml]', 'p.yaml'],
  ['another name', () => 'patches: [{path: p.txt}]', 'p.txt'],
  ['the kustomization', (text: string) => `patches:\n  - patch: |-\n      ${indented(text)}`, 'kustomization.yaml'],
] as const;

let desk: CheckDesk;
let patch: string;
beforeEach(async () => {
  desk = await CheckDesk.inRepository();
  patch = (await desk.encrypt('p.yaml', PATCH, ...VALUES_ONLY)).toString();
});
afterEach(() => desk.remove());

async function checked(fields: string, base: string | Uint8Array, more: Record<string, string | Uint8Array> = {}) {
  layOut(desk, {
    'app/kustomization.yaml': kustomization(`resources: [s.yaml]\n${fields}`),
    'app/s.yaml': base,
    ...Object.fromEntries(Object.entries(more).map(([name, content]) => [`app/${name}`, content])),
  });
  return check(desk);
}

describe.each(FORMS)('an encrypted patch in %s', (_, fields, file) => {
  const files = (): Record<string, string> => (file === 'kustomization.yaml' ? {} : { [file]: patch });

  test('over a Secret without values decrypts after the build', async () => {
    const { status, out } = await checked(fields(patch), EMPTY, files());
    expect([status, out]).toEqual([0, expect.stringContaining('checked 1 encrypted file(s): no finding(s)')]);
  });

  test('over values in plain text stops the controller', async () => {
    const { status, out } = await checked(fields(patch), `${EMPTY}stringData:\n  other: CANARY\n`, files());
    expect(status).toBe(1);
    expect(out).toContain(`app/${file}: stringData.other of Secret s is in plain text where the metadata says`);
    expect(out).not.toContain('CANARY');
  });

  test('over an encrypted Secret is no way to change it', async () => {
    const { status, out } = await checked(fields(patch), patch, files());
    expect([status, out]).toEqual([1, expect.stringContaining(`app/${file}: `)]);
  });

  test('for a Secret that a generator makes is found', async () => {
    const generator = `generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator: [{name: s, literals: [a=b]}]\n`;
    const { status, out } = await checked(`${generator}${fields(patch)}`, CONFIG_MAP, files());
    expect([status, out]).toEqual([1, expect.stringContaining(`app/${file}: `)]);
  });
});

test('a patch that is decrypted before the build leaves nothing to decrypt after it', async () => {
  const { status, out } = await checked('patches: [{path: p.yaml}]', `${EMPTY}stringData:\n  other: CANARY\n`, {
    'p.yaml': patch,
  });
  expect([status, out]).toEqual([0, expect.stringContaining('checked 1 encrypted file(s): no finding(s)')]);
});

test('for kustomize alone the object stays encrypted', async () => {
  await checked(`patches:\n  - patch: |-\n      ${indented(patch)}`, EMPTY);
  const { status, stdout, stderr } = await desk.run(['kustomize', 'check', 'app']);
  expect([status, stdout.toString() + stderr]).toEqual([1, expect.stringContaining('encrypted')]);
});

describe('UTF-16', () => {
  const little = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  const ENCODINGS = [
    ['little', little],
    ['big', (text: string) => little(text).swap16()],
  ] as const;

  test.each(ENCODINGS)('of a resource, %s end first, is read as kustomize reads it', async (_, encode) => {
    const { status, out } = await checked('', encode(patch));
    expect([status, out]).toEqual([0, expect.stringContaining('checked 1 encrypted file(s): no finding(s)')]);
  });

  test('of a patch and of a kustomization, too', async () => {
    const patches = await checked('patches: [{path: p.yaml}]', EMPTY, { 'p.yaml': little(patch) });
    expect(patches).toMatchObject({ status: 0, out: expect.stringContaining('checked 1 encrypted file(s)') });
    layOut(desk, { 'app/kustomization.yaml': little(kustomization('resources: [s.yaml]')), 'app/s.yaml': patch });
    expect(await check(desk)).toMatchObject({ status: 0, out: expect.stringContaining('checked 1 encrypted file(s)') });
  });

  test('of several documents, of which the others would be lost, is a finding', async () => {
    const { status, out } = await checked('', little(`${patch}---\n${CONFIG_MAP}`));
    expect([status, out]).toEqual([1, expect.stringContaining('app/s.yaml: of several documents in UTF-16')]);
  });

  test('in the value of a Secret stays encrypted, since its marks do not stand there', async () => {
    const { status, out } = await checked('secretGenerator: [{name: g, files: [x.yaml]}]', CONFIG_MAP, {
      'x.yaml': little(patch),
    });
    expect([status, out]).toEqual([1, expect.stringContaining('app/x.yaml: is encrypted as yaml, but stays so')]);
  });
});
