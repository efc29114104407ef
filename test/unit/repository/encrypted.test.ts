/** Which of many files are encrypted, whatever they are called and wherever links lead. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { contentOf } from '../../../src/repository/contents.js';
import { encryptedAmong } from '../../../src/repository/encrypted.js';
import { findFiles } from '../../../src/repository/operands.js';
import { hostIn } from '../config/support.js';

const VECTOR = new URL('../../../fixtures/vectors/binary-text/', import.meta.url).pathname;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'among-')));
const outside = realpathSync(mkdtempSync(join(tmpdir(), 'outside-')));
const sealed = join(VECTOR, readdirSync(VECTOR).find((name) => name.startsWith('encrypted')) ?? '');

beforeAll(() => {
  mkdirSync(join(folder, 'sub'));
  copyFileSync(sealed, join(folder, 'sub', 'photo.jpg'));
  copyFileSync(sealed, join(outside, 'far.bin'));
  writeFileSync(join(folder, 'plain.yaml'), 'a: 1\n');
  writeFileSync(join(folder, 'words.md'), 'sops writes ENC[AES256_GCM,data:…]\n');
  writeFileSync(join(folder, 'cut.yaml'), 'a: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\nsops: {mac: "ENC[A');
  symlinkSync(join(folder, 'sub', 'photo.jpg'), join(folder, 'again'));
  symlinkSync(join(outside, 'far.bin'), join(folder, 'far'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => {
  for (const path of [folder, outside]) rmSync(path, { recursive: true, force: true });
});

test('encrypted files, once each; what is broken is an error; links lead no further than the top', async () => {
  const { files } = await findFiles([folder], hostIn(folder));
  const found: [string, boolean][] = [];
  for await (const { file, encrypted } of encryptedAmong(files, folder)) {
    found.push([file.path.slice(folder.length + 1), !(encrypted instanceof SopsError)]);
  }
  expect(found).toEqual([
    ['cut.yaml', false],
    ['sub/photo.jpg', true],
  ]);
});

test('a link that was named is followed wherever it leads', async () => {
  const { files } = await findFiles(['far'], hostIn(folder));
  const found = [];
  for await (const one of encryptedAmong(files, folder)) found.push(one.file.path);
  expect(found).toEqual(['far']);
});

test.each([
  [['.'], ['sub/photo.jpg']],
  [['again'], ['sub/photo.jpg']],
  [['again', 'sub/photo.jpg', 'sub/photo.jpg'], ['sub/photo.jpg']],
  [['again', 'sub'], ['sub/photo.jpg']],
])('a file that links lead to is reported once, by its own path: %s', async (words, expected) => {
  const { files } = await findFiles(words, hostIn(folder));
  const found = [];
  for await (const { file, encrypted } of encryptedAmong(files, folder))
    if (!(encrypted instanceof SopsError)) found.push(file.path);
  expect(found).toEqual(expected);
});

test('nothing waits for a pipe, and large files come whole', () => {
  expect(contentOf(join(folder, 'pipe')).kind).toBe('special');
  expect(contentOf(folder).kind).toBe('special');
  expect(contentOf(join(folder, 'nothing')).kind).toBe('gone');
  for (const size of [0, 65535, 65536, 65537, 300_000]) {
    const path = join(folder, 'sized');
    writeFileSync(path, Buffer.alloc(size, 'x'));
    const content = contentOf(path);
    expect(content.kind === 'file' && content.bytes.equals(Buffer.alloc(size, 'x')), String(size)).toBe(true);
    rmSync(path);
  }
});
