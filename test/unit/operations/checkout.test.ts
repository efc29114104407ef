/**
 * What git and editors do to the line ends of an encrypted file (`core.autocrlf` is Git for Windows' default) must not cost anybody
 * the look of their text, whatever is done to the file in between.
 */
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { OLD_STYLES, STYLES, StyleDesk, sealedBefore, somePath, styled } from '../../support/styles.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new StyleDesk();
afterAll(() => desk.remove());

const crlf = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1');
const lf = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
const BOM = Buffer.from('\ufeff');

const TEXTS = sample(
  STYLES.filter((name) => !name.endsWith('.bin')),
  7,
);
const OLD_TEXTS = sample(
  OLD_STYLES.filter((name) => !name.endsWith('.bin')),
  7,
  1,
);
/** Its encrypted form has line feeds, since the carriage returns are in its values. */
const inValues = (name: string): boolean => name === 'crlf.env';

async function seal(name: string): Promise<Buffer> {
  desk.write(name, styled(name));
  await desk.run(['encrypt', '-i', name]);
  return desk.read(name);
}

describe.each([
  ['new', TEXTS, seal],
  ['old', OLD_TEXTS, async (name: string) => sealedBefore(name)],
] as const)('a %s file', (_age, names, sealed) => {
  test.each(names)('with CRLF gives the text with CRLF: %s', async (name) => {
    desk.write(name, crlf(await sealed(name)));
    expect(await desk.run(['decrypt', name])).toEqual(crlf(styled(name)));
  });

  test.each(names)('with LF gives the text with LF: %s', async (name) => {
    desk.write(name, lf(await sealed(name)));
    expect(await desk.run(['decrypt', name])).toEqual(inValues(name) ? styled(name) : lf(styled(name)));
  });

  test.each(names)('keeps its text when it is changed with CRLF and committed with LF: %s', async (name) => {
    const before = await sealed(name);
    desk.write(name, lf(before));
    await desk.run(['set', name, somePath(name), '"new"']);
    const wanted = await desk.run(['decrypt', name]);
    for (const words of [
      ['set', name, somePath(name), '"new"'],
      ['rotate', '-i', name],
    ]) {
      desk.write(name, crlf(before));
      await desk.run(words);
      // A text on one line says nothing of the line ends that its metadata is to have.
      const written = desk.read(name);
      expect(name === 'minified.json' ? [lf(written), crlf(written)] : [crlf(written)]).toContainEqual(written);
      desk.write(name, lf(desk.read(name)));
      const given = await desk.run(['decrypt', name]);
      const unchanged = inValues(name) ? styled(name) : lf(styled(name));
      expect(given).toEqual(words[0] === 'rotate' ? unchanged : wanted);
    }
  });
});

test.each(TEXTS)('edit and encrypt --update work on a file with CRLF: %s', async (name) => {
  const sealed = await seal(name);
  desk.write('editor.cjs', "require('fs').appendFileSync(process.argv[2], '')");
  desk.write(name, crlf(sealed));
  const env = { EDITOR: `${process.execPath} ${join(desk.folder, 'editor.cjs')}` };
  await expect(desk.run(['edit', name], { env })).rejects.toThrow('File has not changed');
  await desk.run(['encrypt', '--update', name], { stdin: crlf(styled(name)) });
  desk.write(name, lf(desk.read(name)));
  expect(lf(await desk.run(['decrypt', name]))).toEqual(lf(styled(name)));
});

test('values of dotenv do not take over the carriage returns of a checkout', async () => {
  desk.write('v.env', 'A=b\n\n# c\nC_unencrypted=d\nE=f');
  await desk.run(['encrypt', '-i', 'v.env']);
  desk.write('v.env', crlf(desk.read('v.env')));
  const json = async (): Promise<unknown> =>
    JSON.parse((await desk.run(['decrypt', '--output-type', 'json', 'v.env'])).toString());
  expect(await json()).toEqual({ A: 'b', C_unencrypted: 'd', E: 'f' });
  await desk.run(['set', 'v.env', '["A"]', '"new"']);
  expect(await json()).toEqual({ A: 'new', C_unencrypted: 'd', E: 'f' });
  const before = desk.read('v.env');
  await desk.run(['encrypt', '--update', 'v.env'], { stdin: 'A=new\r\n\r\n# c\r\nC_unencrypted=d\r\nE=g' });
  expect(await json()).toEqual({ A: 'new', C_unencrypted: 'd', E: 'g' });
  const lineOf = (bytes: Buffer): string | undefined => /^A=.*$/m.exec(bytes.toString())?.[0];
  expect(lineOf(desk.read('v.env'))).toBe(lineOf(before));
  expect((await desk.run(['decrypt', 'v.env'])).toString()).toBe('A=new\r\n\r\n# c\r\nC_unencrypted=d\r\nE=g');
});

describe('an editor may', () => {
  test.each(TEXTS)('take the last line end of a file, or add one: %s', async (name) => {
    const sealed = await seal(name);
    const bare = Buffer.from(sealed.toString('latin1').replace(/(\r?\n)+$/, ''), 'latin1');
    for (const changed of [
      bare,
      Buffer.concat([bare, Buffer.from('\n')]),
      Buffer.concat([bare, Buffer.from('\r\n')]),
    ]) {
      desk.write(name, changed);
      const given = (await desk.run(['decrypt', name])).toString('latin1');
      expect(given.trimEnd()).toBe(styled(name).toString('latin1').trimEnd());
      if (sealed.includes('sops_ts_layout')) expect(given).toBe(styled(name).toString('latin1'));
    }
  });

  // A byte order mark becomes part of the first key in dotenv, as SOPS has it.
  test.each(TEXTS.filter((name) => !name.endsWith('.env')))('put a byte order mark before a file: %s', async (name) => {
    const sealed = await seal(name);
    const marked = sealed.subarray(0, 3).equals(BOM) ? sealed.subarray(3) : Buffer.concat([BOM, sealed]);
    for (const [changed, plain] of [
      [marked, styled(name)],
      [crlf(marked), crlf(styled(name))],
    ] as const) {
      desk.write(name, changed);
      const given = await desk.run(['decrypt', name]);
      const isMarked = (bytes: Buffer): boolean => bytes.subarray(0, 3).equals(BOM);
      const without = (bytes: Buffer): Buffer => (isMarked(bytes) ? bytes.subarray(3) : bytes);
      expect(without(given)).toEqual(without(plain));
      if (sealed.includes('sops_ts_layout') || name.endsWith('.json')) expect(given).toEqual(plain);
    }
  });
});

test('line ends of both kinds come back as they were, and as one kind where a checkout made them so', async () => {
  const text = 'a: 1.10\r\nb: 2\nc: 3\n\r\nd: 0x1F\r\n';
  desk.write('m.yaml', text);
  await desk.run(['encrypt', '-i', 'm.yaml']);
  const sealed = desk.read('m.yaml');
  expect((await desk.run(['decrypt', 'm.yaml'])).toString()).toBe(text);
  for (const change of [lf, crlf]) {
    desk.write('m.yaml', change(sealed));
    expect(await desk.run(['decrypt', 'm.yaml'])).toEqual(change(Buffer.from(text)));
  }
});

test('a layout that does not fit stays until the text needs another', async () => {
  const text = 'a: 1.10\nb: x\n';
  for (const words of [
    ['set', 'k.yaml', '["b"]', '"y"'],
    ['rotate', '-i', 'k.yaml'],
  ]) {
    desk.write('k.yaml', text);
    await desk.run(['encrypt', '-i', 'k.yaml']);
    desk.write('k.yaml', `# by hand\n${desk.read('k.yaml')}`);
    await desk.run(words, { talks: true });
    expect(desk.read('k.yaml').toString()).toContain('sops_ts_layout');
  }
  await desk.run(['encrypt', '--update', 'k.yaml'], { stdin: text, talks: true });
  expect((await desk.run(['decrypt', 'k.yaml'])).toString()).toBe(text);
});
