/** What is temporary, and the process that ends. */
// Mocked: other tests of a worker have its module watch their process.
import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import {
  type EndingProcess,
  holdTemporary,
  isListeningForSignals,
  watchExit,
  watchProcess,
} from '../../../src/util/files/temporaries.js';

class OwnProcess extends EventEmitter {
  readonly pid = 1;
  kill(): true {
    return true;
  }
}

test('in somebody else’s process only its exit is heard of', async () => {
  const around = new OwnProcess();
  watchExit(around as unknown as EndingProcess);
  const gone: string[] = [];
  const release = holdTemporary(() => gone.push('file'));
  expect(around.eventNames()).toEqual(['exit']);
  expect(isListeningForSignals()).toBe(false);
  around.emit('exit', 0);
  expect(gone).toEqual(['file']);
  release();
  await vi.waitFor(() => expect(around.eventNames()).toEqual([]));
});

test('what was made last goes first, since it may stand in what was made before; what fails keeps nothing from going', () => {
  const own = new OwnProcess();
  watchProcess(own as unknown as EndingProcess);
  const gone: string[] = [];
  holdTemporary(() => gone.push('folder'));
  const release = holdTemporary(() => gone.push('removed before'));
  holdTemporary(() => {
    throw new Error('it cannot be removed');
  });
  holdTemporary(() => gone.push('pipe in the folder'));
  release();
  own.emit('exit', 0);
  expect(gone).toEqual(['pipe in the folder', 'folder']);
});
