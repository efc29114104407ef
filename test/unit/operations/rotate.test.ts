/** `rotate`: a new data key, with the text of the file and of the plaintext kept. */
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import { keysOf, RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { run } from '../../support/run.js';
import { sample, sampledTest } from '../../support/sweep.js';
import { hasGpg, needsGpg, readCase, VECTORS, type Vector, Workshop } from '../../support/vectors.js';

const test = sampledTest(6);

const GOOD = VECTORS.filter(({ expect: kind, changed }) => kind === 'ok' && !changed);
const usable = GOOD.filter((vector) => hasGpg || !needsGpg(vector));
if (usable.length < GOOD.length) console.warn(`SKIPPED: ${GOOD.length - usable.length} vectors need gpg`);

/** The text without what a rotation changes; the IVs are not of that. The metadata may be indented anew. */
function frameOf(text: string): string {
  return text
    .replaceAll(/^[ \t]+/gm, '')
    .replaceAll(/ENC\[AES256_GCM,data:[^,]*,(iv:[^,]*),tag:[^,]*,/g, 'ENC[$1')
    .replaceAll(/-----BEGIN [\s\S]*?-----END [A-Z ]*-----/g, 'ARMOR')
    .replaceAll(/(lastmodified\W+)[-\d:TZ]+/g, '$1')
    .replaceAll(/(mac\W+)ENC\[iv:[^,]*/g, '$1');
}

/** The metadata of INI as we write it: keys of several lines in quotes, which every SOPS since 3.9 reads. */
function inOurForm(text: string): string {
  return text.replaceAll(/ = (-----BEGIN.*\\n.*)$/gm, (_, armor: string) => {
    return ` = """${armor.replaceAll('\\n', '\n')}"""`;
  });
}

/** `--input-type`, if a vector has it. */
function inputType({ decrypt }: Vector): string[] {
  const args = decrypt?.args ?? [];
  const at = args.findIndex((word) => word.startsWith('--input-type'));
  return at < 0 ? [] : args.slice(at, args[at]?.includes('=') ? at + 1 : at + 2);
}

/** All that is said without a configuration: who gets the new key. */
const READERS_TOLD = expect.stringMatching(/^(?:warning: no \.sops\.yaml says who .*\n)?$/);

describe('rotating keeps every text', () => {
  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  test.each(
    sample(
      usable.filter(({ decrypt }) => decrypt),
      12,
    ),
  )('of SOPS: $name', async (vector) => {
    const { decrypt } = vector;
    if (!decrypt) throw new Error('a case without command');
    const cwd = workshop.layOut(vector);
    const options = { cwd, env: workshop.env([...(decrypt.keys ?? []), 'pgp-1']) };
    const decrypting = [...decrypt.global_args, 'decrypt', ...decrypt.args, decrypt.file];
    const plain = await run(decrypting, options);
    const before = readCase(cwd, decrypt.file).toString();

    expect(await run(['rotate', '-i', ...inputType(vector), decrypt.file], options)).toMatchObject({ status: 0 });
    const after = readCase(cwd, decrypt.file).toString();
    expect(await run(decrypting, options)).toEqual(plain);
    // Where SOPS wrote comments of lists as items, they become the lines that they are.
    if (!/- ENC\[[^\]]*type:comment\]/.test(before)) expect(frameOf(after)).toBe(frameOf(inOurForm(before)));
    expect(after).not.toBe(before);
  });

  test.each(
    sample(
      usable.filter(({ encrypt }) => encrypt),
      12,
      1,
    ),
  )('of sops-ts: $name', async (vector) => {
    const { encrypt, decrypt } = vector;
    if (!encrypt) throw new Error('a case without command');
    const cwd = workshop.layOut(vector);
    const options = { cwd, env: workshop.env([...(decrypt?.keys ?? ['age-1']), 'pgp-1']) };
    const words = [...encrypt.global_args, 'encrypt', ...encrypt.args, encrypt.file];
    const encrypted = await run(words, options);
    const file = `mine${extname(encrypt.output ?? '')}`;
    writeFileSync(join(cwd, file), encrypted.stdout);
    const plain = await run(['decrypt', file], options);

    expect(await run(['rotate', '-i', file], options)).toMatchObject({ status: 0, stderr: READERS_TOLD });
    expect(await run(['decrypt', file], options)).toEqual(plain);
    expect(frameOf(readCase(cwd, file).toString())).toBe(frameOf(encrypted.stdout.toString()));
  });
});

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
});
afterEach(() => yard.remove());

/** A text that style alone cannot bring back. */
const TEXT = '# head\na: 1.10   # inline\nb: &x >-\n  folded\n  text\nc: *x\nd: 0x1F\n';

describe('rotate', () => {
  test('gives every value another ciphertext and keeps the layout', async () => {
    await yard.encrypt('f.yaml', TEXT, [0, 1]);
    const before = yard.read('f.yaml');
    expect(await yard.run(['rotate', '--output', 'g.yaml', 'f.yaml'])).toMatchObject({
      status: 0,
      stderr: READERS_TOLD,
    });
    const after = yard.read('g.yaml');
    expect(yard.read('f.yaml')).toBe(before);
    const tags = (text: string): string[] => [...text.matchAll(/tag:([^,]*)/g)].map((match) => match[1] ?? '');
    expect(tags(after).length).toBe(tags(before).length);
    expect(tags(after).some((tag) => tags(before).includes(tag))).toBe(false);
    expect((await yard.run(['decrypt', 'g.yaml'], { keys: [1] })).stdout.toString()).toBe(TEXT);
  });

  test('makes the old data key useless: the new values do not open with the old wrapping', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    const before = yard.read('f.yaml');
    await yard.run(['rotate', '-i', 'f.yaml']);
    const armor = /-----BEGIN [\s\S]*-----END.*/;
    yard.write('f.yaml', yard.read('f.yaml').replace(armor, armor.exec(before)?.[0] ?? ''));
    expect(await yard.run(['decrypt', 'f.yaml'])).toMatchObject({ status: 25 });
  });

  test('keeps a layout that does not fit, with a warning: what it was made for may come back', async () => {
    await yard.encrypt('f.yaml', TEXT, [0]);
    yard.write('f.yaml', `# edited by hand\n${yard.read('f.yaml')}`);
    const { stderr } = await yard.run(['rotate', '-i', 'f.yaml']);
    expect(stderr).toContain('the layout kept in this file does not fit its values any more');
    expect(yard.read('f.yaml')).toContain('sops_ts_layout');
    yard.write('f.yaml', yard.read('f.yaml').replace(/^.*\n/, ''));
    expect(await yard.run(['decrypt', 'f.yaml'])).toMatchObject({ stdout: Buffer.from(TEXT), stderr: '' });
  });

  test('leaves a comment that nobody can decrypt', async () => {
    await yard.encrypt('f.yaml', '# one\na: x\n', [0]);
    await yard.encrypt('g.yaml', '# two\na: x\n', [0]);
    const foreign = yard.read('g.yaml').split('\n')[0] ?? '';
    yard.write('f.yaml', yard.read('f.yaml').replace(/^#.*/, foreign));
    expect((await yard.run(['rotate', '-i', 'f.yaml'])).stderr).toContain('possibly unencrypted comments');
    expect(yard.read('f.yaml').split('\n')[0]).toBe(foreign);
  });

  test('keeps the mode of the file, and prints in another format or indentation when asked', async () => {
    await yard.encrypt('f.yaml', 'a: {b: 1}\n', [0]);
    chmodSync(join(yard.folder, 'f.yaml'), 0o640);
    await yard.run(['rotate', '-i', 'f.yaml']);
    expect(statSync(join(yard.folder, 'f.yaml')).mode & 0o777).toBe(0o640);
    expect((await yard.run(['rotate', '--indent', '2', 'f.yaml'])).stdout.toString()).toMatch(/^a:\n {2}b: ENC/);
    yard.write('f.json', (await yard.run(['rotate', '--output-type', 'json', 'f.yaml'])).stdout.toString());
    expect((await yard.run(['decrypt', '--indent', '0', 'f.json'])).stdout.toString()).toBe(
      '{\n"a": {\n"b": 1\n}\n}\n',
    );
  });

  test('adds to the first group and removes from all', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0, 1]);
    const [first, second, third] = RECIPIENTS;
    const ran = await yard.run(['rotate', '-i', '--add-age', `${third}`, '--rm-age', `${first},age1nobody`, 'f.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('malformed Bech32') });
    await yard.run(['rotate', '-i', '--add-age', `${third}`, '--rm-age', `${first}`, 'f.yaml']);
    expect((await keysOf(yard.read('f.yaml'))).groups).toEqual([[second, third]]);
    const absent = await yard.run(['rotate', '-i', '--rm-age', `${first}`, 'f.yaml']);
    expect(absent.status).toBe(0);
    expect(absent.stderr).toContain(`warning: ${first} was to be removed but is not in the file\n`);
    expect(await yard.run(['decrypt', 'f.yaml'], { keys: [0] })).toMatchObject({ status: 128 });
  });

  test('that would leave nobody in the file is refused, and says what to do', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    const sealed = yard.read('f.yaml');
    const ran = await yard.run(['rotate', '-i', '--rm-age', `${RECIPIENTS[0]}`, 'f.yaml']);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/empty key group.*\n.*f\.yaml\n.*Add somebody/),
    });
    expect(yard.read('f.yaml')).toBe(sealed);
  });

  test('checks the MAC unless told otherwise', async () => {
    await yard.encrypt('f.yaml', 'a: x\nb_unencrypted: 1\n', [0]);
    const tampered = yard.read('f.yaml').replace('b_unencrypted: 1', 'b_unencrypted: 2');
    yard.write('f.yaml', tampered);
    expect(await yard.run(['rotate', '-i', 'f.yaml'])).toMatchObject({ status: 51 });
    expect(yard.read('f.yaml')).toBe(tampered);
    expect(await yard.run(['rotate', '--ignore-mac', '-i', 'f.yaml'])).toMatchObject({ status: 0 });
    expect(await yard.run(['decrypt', 'f.yaml'])).toMatchObject({ status: 0 });
  });
});

describe('rotate ends with', () => {
  test.each([
    [100, 'rotate'],
    [2, 'rotate absent.yaml'],
    [100, '-r absent.yaml'],
    [49, `rotate --add-age ${RECIPIENTS[0]} absent.yaml`],
    [49, `-r --rm-age ${RECIPIENTS[0]} absent.yaml`],
    [1, 'rotate plain.yaml'],
    [8, 'rotate -i --output x f.yaml'],
    [8, `rotate -i f.yaml --add-age ${RECIPIENTS[1]}`],
    [112, 'rotate --decryption-order age,age f.yaml'],
    [6, `rotate --encryption-context a --add-age ${RECIPIENTS[1]} f.yaml`],
    [3, 'rotate --output no/such/folder f.yaml'],
    [128, 'rotate foreign.yaml'],
    [0, `-r --add-age ${RECIPIENTS[1]} -i f.yaml`],
  ])('%i: %s', async (status, line) => {
    yard.write('plain.yaml', 'a: x\n');
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    await yard.encrypt('foreign.yaml', 'a: x\n', [1]);
    const before = yard.read('f.yaml');
    const ran = await yard.run(line.split(' '), { keys: [0] });
    expect(ran.status, ran.stderr).toBe(status);
    expect(yard.read('f.yaml') === before).toBe(status !== 0);
  });
});
