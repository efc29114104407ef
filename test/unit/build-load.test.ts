/** How the files of the program find each other once they are CommonJS. */
import { expect, test, vi } from 'vitest';
import { LOAD_FILE } from '../../.ci/load-file.mjs';

function loaderWith(require: (name: string) => unknown): (name: string) => Promise<unknown> {
  return new Function('require', `${LOAD_FILE}return loadFile;`)(require);
}

test('a file is found once', async () => {
  const require = vi.fn((name: string) => ({ name }));
  const loadFile = loaderWith(require);
  const [one, other] = await Promise.all([loadFile('./a.cjs'), loadFile('./a.cjs')]);
  expect(one).toBe(other);
  expect(await loadFile('./b.cjs')).toEqual({ name: './b.cjs' });
  expect(require.mock.calls).toEqual([['./a.cjs'], ['./b.cjs']]);
});

test('one that failed is looked for again', async () => {
  const require = vi.fn((name: string) => ({ name }));
  require.mockImplementationOnce(() => {
    throw new Error('EMFILE');
  });
  const loadFile = loaderWith(require);
  await expect(loadFile('./a.cjs')).rejects.toThrow('EMFILE');
  expect(await loadFile('./a.cjs')).toEqual({ name: './a.cjs' });
});
