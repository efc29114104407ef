/** Encrypted values without metadata, also where no parser finds them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';

let repository: CheckedRepository;

beforeEach(async () => {
  repository = new CheckedRepository();
  await repository.seal('secrets/a.yaml', 'password: hunter2\n');
});
afterEach(() => {
  repository.remove();
});

test.each([
  ['a key that is a number', 'app.yaml', (sealed: string) => `200: x\na: ${sealed}\n`],
  ['a bracket that nothing closes', 'app.yaml', (sealed: string) => `a: [\nb: ${sealed}\n`],
  ['a comma too many', 'app.json', (sealed: string) => `{"a": "${sealed}",}\n`],
  ['a line without a mark', 'app.ini', (sealed: string) => `[s]\nwhat\na = ${sealed}\n`],
])('in a file that cannot be read, for %s', async (_, name, textWith) => {
  const sealed = /^password: (.*)$/m.exec(repository.read('secrets/a.yaml'))?.[1] ?? '';
  repository.write({ [name]: textWith(sealed) });
  expect(await repository.found()).toEqual([`missing-metadata ${name}`]);
  repository.write({ [name]: textWith(sealed).replace(/^.*ENC\[.*$/m, '# $&') });
  expect(await repository.found()).toEqual([]);
  repository.write({ [name]: textWith(sealed.replace('AES256_GCM,', 'AES256_GCM,…')) });
  expect(await repository.found()).toEqual([]);
});
