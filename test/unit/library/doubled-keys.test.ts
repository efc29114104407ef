/** A key twice in one map, which JSON and dotenv let stand: nobody gives one of the two without saying so. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decryptFile, open } from '../../../src/index.js';
import { LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

describe('a key that stands twice', () => {
  test.each([
    ['json', '{"a": 1, "m": {"x": 1, "x": 2}}', '["m"]["x"]'],
    ['env', 'x=1\nx=2\n', '["x"]'],
  ])('is refused in data of %s, and who takes the first says so', async (ending, text, place) => {
    const path = await desk.seal(`twice.${ending}`, text);
    const refused = { code: 'document-invalid', message: expect.stringContaining('x stands twice') };
    await expect(decryptFile(path, desk.options)).rejects.toMatchObject(refused);
    await expect(open(path, desk.options)).rejects.toMatchObject(refused);
    const told = (run: { stderr: string }) => expect(run.stderr).toMatch(/"x" stands twice.*the first/);
    const got = await desk.run(['get', path, place]);
    told(got);
    expect(got.stdout.toString()).toBe('1');
    for (const args of [
      ['decrypt', '--extract', place, path],
      ['set', path, place, '"3"'],
      ['unset', path, place],
    ])
      told(await desk.run(args));
    expect(await desk.plain(path)).toContain('2');
    expect((await desk.run(['get', path, place])).stderr).not.toContain('twice');
  });
});
