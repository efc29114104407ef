/** Every command on every kind of broken file: the error names the file, also the only one. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
const env = { EDITOR: 'false', SOPS_AGE_RECIPIENTS: '' };
let sealed: string;
beforeAll(async () => {
  sealed = (await desk.encrypt('x.yaml', 'a: x\nb: 1\n')).toString();
});
afterAll(() => desk.remove());

/** By file name. */
const BROKEN: Readonly<Record<string, () => string | undefined>> = {
  'plain.yaml': () => 'a: x\n',
  'syntax.yaml': () => 'a: [\n',
  'syntax.json': () => '{"a": \n',
  'empty.yaml': () => '',
  'mac.yaml': () => sealed.replace(/mac: .*/, 'mac: nonsense'),
  'tampered.yaml': () => sealed.replace(/^a: ENC\[AES256_GCM,data:./m, 'a: ENC[AES256_GCM,data:*'),
  'part.yaml': () => sealed.replace(/^a: .*/m, 'a: plain'),
  'metadata.yaml': () => sealed.replace(/^ +lastmodified: .*\n/m, ''),
  'absent.yaml': () => undefined,
};

const LINES: readonly string[] = [
  'decrypt F',
  '-d F',
  'decrypt --extract zz F',
  'encrypt F',
  'rotate F',
  '-r F',
  'set F zz.y[0] "1" --idempotent',
  'set F a bare',
  'unset F zz',
  'edit F',
  'F',
  'updatekeys --yes F',
  'groups add -i -f F --age RECIPIENT',
  'groups delete -i -f F 7',
  'exec-env F -- false-program-of-no-name',
  'exec-env F -- true',
  'exec-file F -- true',
  'publish --yes F',
  'filestatus F',
  'why F',
  'doctor F',
];

describe.each(Object.keys(BROKEN))('%s', (name) => {
  beforeEach(() => {
    desk.clear();
    const content = BROKEN[name]?.();
    if (content !== undefined) desk.write(name, content);
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^other$\n    age: ${desk.recipient}\n`);
  });

  test.each(LINES)('%s', async (line) => {
    const words = line.split(' ').map((word) => word.replace('RECIPIENT', desk.recipient).replace(/^F$/, name));
    const { status, stdout, stderr } = await desk.run(words, { env });
    if (status === 0 || status === 127) return;
    expect(stderr + stdout.toString()).toContain(name);
    expect(stderr.split('\n').filter((one) => !/^(?:warning|\[)/.test(one)).length).toBeLessThanOrEqual(6);
  });
});

describe('a folder', () => {
  test.each(LINES.filter((line) => line !== 'F' && !line.startsWith('doctor')))('%s', async (line) => {
    desk.clear();
    mkdirSync(desk.path('dir'));
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    const words = line.split(' ').map((word) => word.replace('RECIPIENT', desk.recipient).replace(/^F$/, 'dir'));
    const { status, stdout, stderr } = await desk.run(words, { env });
    if (status === 0 || status === 127 || line === 'set F a bare' || line.startsWith('-r')) return;
    expect(stderr + stdout.toString()).toContain('dir');
  });
});

test('without a configuration the next steps are named', async () => {
  desk.clear();
  desk.write('p.yaml', 'a: x\n');
  const { stderr } = await desk.run(['encrypt', 'p.yaml'], { env });
  expect(stderr).toContain('p.yaml');
  expect(stderr).toContain('--age');
  expect(stderr).toContain('sops-ts init');
});

test('without a rule the configuration and why are named', async () => {
  desk.clear();
  desk.write('p.yaml', 'a: x\n');
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^other$\n    age: ${desk.recipient}\n`);
  const { stderr } = await desk.run(['encrypt', 'p.yaml'], { env });
  expect(stderr).toContain('.sops.yaml');
  expect(stderr).toContain('sops-ts why p.yaml');
});
