/** `check` finds data keys that somebody has who was taken out, told from git's history without a key. */
import { afterEach, beforeEach, expect } from 'vitest';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(4);

const FILE = 'secrets/app.yaml';
const other = generateIdentity().recipient;
let repository: CheckedRepository;

function ruled(...recipients: readonly string[]): void {
  const text = `keys:\n  - &bob ${other}\ncreation_rules:\n  - path_regex: ^secrets/\n    age: ${recipients.join(',')}\n`;
  repository.write({ '.sops.yaml': text });
}

async function succeed(...words: readonly string[]): Promise<void> {
  const ran = await repository.sops(words);
  expect(ran).toMatchObject({ status: 0 });
}

beforeEach(async () => {
  repository = new CheckedRepository();
  ruled(repository.key.recipient, other);
  await repository.seal(FILE, 'password: hunter2\nuser: me\n');
  repository.commit();
  ruled(repository.key.recipient);
});
afterEach(() => repository.remove());

test('who was taken out and kept the data key, by name, until there is a new one', async () => {
  await succeed('updatekeys', '--yes', '--keep-data-key', FILE);
  const told = [expect.objectContaining({ rule: 'data-key-outlived', path: FILE })];
  expect((await repository.check()).findings).toEqual(told);
  repository.commit();
  await succeed('set', FILE, '["password"]', '"other"');
  repository.commit();
  const { findings, status } = await repository.check();
  expect(status).toBe(1);
  expect(findings).toEqual(told);
  expect(findings[0]?.message).toContain(`${other} (bob) had it`);
  expect(findings[0]?.next).toContain(`sops-ts rotate -i ${FILE}`);
  // These are to be fast.
  expect(await repository.found(['--staged'])).toEqual([]);

  await succeed('rotate', '-i', FILE);
  expect(await repository.found()).toEqual([]);
  repository.commit();
  expect(await repository.found()).toEqual([]);
});

test('a removal with a new data key, and everything that shuts nobody out, is no finding', async () => {
  await succeed('updatekeys', '--yes', FILE);
  repository.commit();
  expect(await repository.found()).toEqual([]);
  ruled(repository.key.recipient, other);
  await succeed('updatekeys', '--yes', FILE);
  repository.commit();
  await succeed('set', FILE, '["user"]', '"you"');
  expect(await repository.found()).toEqual([]);
});

test('who was taken out and is back can read the file anyway', async () => {
  await succeed('updatekeys', '--yes', '--keep-data-key', FILE);
  repository.commit();
  ruled(repository.key.recipient, other);
  await succeed('updatekeys', '--yes', FILE);
  repository.commit();
  expect(await repository.found()).toEqual([]);
});

test('history counts as far as it is there', async () => {
  await succeed('updatekeys', '--yes', '--keep-data-key', FILE);
  repository.commit();
  expect(await repository.found()).toEqual([`data-key-outlived ${FILE}`]);
  repository.git('checkout', '--quiet', '--orphan', 'fresh');
  repository.commit();
  expect(await repository.found()).toEqual([]);
});
