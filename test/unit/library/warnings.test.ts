/** What a caller's function does with a warning counts for the call: its promise is waited for, and its failure is the call's. */
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { decryptFile, encryptFile, type Options, open } from '../../../src/index.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';

const desk = new LibraryDesk();
beforeEach(() => desk.clear());
afterAll(() => desk.remove());

describe('what is told of warnings', () => {
  const warned = (onWarning: Options['onWarning']): Options & { cwd: string } => {
    desk.write('plain.yaml', 'a: 1\n');
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: other\n    age: ${desk.recipient}\n`);
    return { ...desk.options, ...(onWarning ? { onWarning } : {}) };
  };
  const sealing = (options: Options): Promise<void> =>
    encryptFile('plain.yaml', { ...options, recipients: [desk.recipient], to: 'o.yaml' });

  test('may promise an answer, which the call waits for', async () => {
    let isTold = false;
    await sealing(
      warned(async () => {
        await new Promise(setImmediate);
        isTold = true;
      }),
    );
    expect(isTold).toBe(true);
  });

  test('fails the call by what it rejects with, as by what it throws', async () => {
    const late = async (): Promise<void> => {
      throw new Error('late');
    };
    const cause = expect.objectContaining({ message: 'late' });
    await expect(sealing(warned(late))).rejects.toMatchObject({ code: 'failed', cause });
    const missing = { ...warned(late), config: 'nowhere.yaml', identities: { age: 'x', only: true } };
    await desk.seal('s.yaml', 'a: 1\n');
    expect(await codeOf(decryptFile('s.yaml', missing))).toBe('data-key-not-recovered');
  });

  test('keeps nobody waiting longer than the signal', async () => {
    const never = warned(() => new Promise(() => undefined));
    const { signal } = new AbortController();
    expect(await codeOf(sealing({ ...never, signal: AbortSignal.any([signal, AbortSignal.timeout(50)]) }))).toBe(
      'aborted',
    );
  });

  test('fails the saving of an open file that it was about, and not the next one', async () => {
    await desk.seal('s.yaml', 'a: 1\n');
    desk.write('.sops.yaml', '{}\n');
    const said = vi.fn().mockRejectedValueOnce(new Error('late')).mockResolvedValue(undefined);
    const file = await open('s.yaml', { ...desk.options, onWarning: said });
    expect(await codeOf(file.rotate())).toBe('failed');
    await file.rotate();
    expect(said).toHaveBeenCalledOnce();
    file.close();
  });
});
