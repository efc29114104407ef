/** A hint names no flag that the running command does not have, unless it says whose it is. */
import { afterEach, expect, test } from 'vitest';
import { hintsFor } from '../../../src/cli/words/flag-hints.js';
import { CheckedRepository } from '../../support/checked-repository.js';

let repository: CheckedRepository | undefined;
afterEach(() => repository?.remove());

test.each([
  ['decrypt', 'or go on with --ignore-mac.', 'or go on with --ignore-mac.'],
  ['check', 'or go on with --ignore-mac.', 'or go on with sops-ts rotate --ignore-mac.'],
  ['publish', 'Encrypt it with --input-type binary.', 'Encrypt it with sops-ts encrypt --input-type binary.'],
  ['check', 'Leave it (AWS_PROFILE, --aws-profile).', 'Leave it (AWS_PROFILE, sops-ts encrypt --aws-profile).'],
  ['check', 'use sops-ts edit, set or encrypt --update.', 'use sops-ts edit, set or encrypt --update.'],
  ['check', 'Use git checkout --ours FILE, or --theirs', 'Use git checkout --ours FILE, or sops-ts resolve --theirs'],
  ['check', 'git fetch --refetch brings them.', 'git fetch --refetch brings them.'],
  ['check', '--no-such-flag', '--no-such-flag'],
])('%s: %s', (command, hint, told) => {
  expect(hintsFor(command)(hint)).toBe(told);
});

test('of a MAC that does not fit, in commands that always compare it', async () => {
  repository = new CheckedRepository();
  await repository.seal('secrets/a.yaml', 'password: hunter2\nplain_unencrypted: 1\n');
  repository.change('secrets/a.yaml', (text) => text.replace('plain_unencrypted: 1', 'plain_unencrypted: 2'));
  repository.change('.sops.yaml', (text) => `${text}    mac_only_encrypted: true\n`);
  repository.change(
    '.sops.yaml',
    (text) =>
      `${text}destination_rules:\n  - path_regex: .*\n    vault_path: x/\n    vault_address: http://127.0.0.1:1\n`,
  );
  for (const words of [
    ['check', '--fix'],
    ['publish', '--yes', 'secrets/a.yaml'],
  ]) {
    const { stderr } = await repository.sops(words, { env: { VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'x' } });
    expect(stderr).toContain('MAC mismatch');
    expect(stderr).toContain('go on with sops-ts rotate --ignore-mac.');
  }
});
