/** A call that is taken back while its file is being written: what was not there yet does not come. */
import { afterAll, expect, test } from 'vitest';
import { writeOutput } from '../../../src/operations/output.js';
import { Desk } from '../../support/desk.js';
import { hostOf } from '../keys/host.js';

const desk = new Desk();
afterAll(() => desk.remove());

/** Large enough that the temporary file is seen before it takes the place of another. */
const BYTES = Buffer.alloc(20_000_000, 'x');

test('a new file does not appear once the signal is aborted', async () => {
  const stop = new AbortController();
  const host = hostOf({ cwd: desk.folder }).fork({ signal: stop.signal });
  const input = { kind: 'stdin', read: async () => BYTES } as const;
  const output = { kind: 'file', path: 'new.yaml' } as const;
  const writing = writeOutput(BYTES, 'ciphertext', { output, input, read: null }, host).catch(
    ({ code }: { code: string }) => code,
  );
  while (desk.names().length === 0) await new Promise(setImmediate);
  expect(desk.names()).toEqual([expect.stringMatching(/^\.sops-ts-/)]);
  stop.abort();
  expect(await writing).toBe('aborted');
  expect(desk.names()).toEqual([]);
});
