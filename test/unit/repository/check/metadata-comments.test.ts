/** Comments on the lines that metadata begin with: nobody encrypts them, so check must find them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(2);

const PLAIN = 'user: ann\npassword: hunter2\n';
let repository: CheckedRepository;

beforeEach(() => {
  repository = new CheckedRepository();
});
afterEach(() => repository.remove());

test.each([
  ['yaml', PLAIN, (text: string) => text.replace(/^sops:$/m, 'sops: # PLAINTEXT')],
  ['yaml in braces', '{"a": 1}\n', (text: string) => text.replace('"sops": {', '"sops": # PLAINTEXT\n {')],
  ['yaml in braces, behind', '{"a": 1}\n', (text: string) => text.replace(/\}\s*\}\s*$/, '} # PLAINTEXT\n, }\n')],
  ['ini', '[a]\nb = 1\n', (text: string) => text.replace('[sops]', '[sops] ; PLAINTEXT')],
  ['toml', 'a = 1\n', (text: string) => text.replace('[sops]', '[sops] # PLAINTEXT')],
  ['toml', 'a = 1\n', (text: string) => text.replace('[[sops.age]]', '[[sops.age]] # PLAINTEXT')],
])('a comment on the line that the metadata begins with: %s', async (format, plain, change) => {
  const [ending = ''] = format.split(' ');
  const sealed = format === ending ? `secrets/b.${ending}` : 'secrets/b.json';
  await repository.seal(sealed, plain);
  const path = `secrets/b.${ending}`;
  const text = change(repository.read(sealed));
  expect(text).toContain('PLAINTEXT');
  rmSync(join(repository.folder, sealed));
  repository.write({ [path]: text });
  const found = (await repository.found()).filter((one) => !one.startsWith('unrecognised'));
  expect(found).toEqual([`plain-comment ${path}`]);
});
