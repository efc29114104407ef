/** Who looks at a path without asking why it sees nothing: a folder that is closed looks like one that is empty. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const SOURCE = new URL('../../src/', import.meta.url);

/** Files with such looks, and why nothing is concluded from them. */
const QUIET: Readonly<Record<string, string>> = {
  'cli/commands/document-flags.ts': 'a word that cannot be looked at is one file, which is read next',
  'cli/commands/keyservice.ts': 'a socket was made in the folder before',
  'cli/many/files.ts': 'a weight, for sharing out memory',
  'cli/start/start.ts': 'a folder of compiled code',
  'config/trust-record.ts': 'what cannot be read is not trusted',
  'entries/config.ts': 'a file of the package, without which no program starts',
  'exec/child-folder.ts': 'what cannot be looked at is opened next',
  'exec/fifo.ts': 'where a program of the system is',
  'exec/native-command.ts': 'where a program of the system is',
  'keys/aws-kms/examine.ts': 'what is not a pipe for sure is read next',
  'keyservice/services.ts': 'without the agent the key itself is opened',
  'kubernetes/kustomize/kustomization.ts': 'what is not a folder for sure is read next',
  'operations/output.ts': 'what cannot be looked at is not a file that was read',
  'operations/read/input.ts': 'how messages call a file that was read, and was empty',
  'operations/recipients/revoke.ts': 'a weight, for sharing out memory',
  'operations/recipients/updatekeys.ts': 'a weight, for sharing out memory',
  'repository/grant/grant-writing.ts': 'a weight, for sharing out memory',
  'services/aws/sdk-files.ts': 'what is not a pipe for sure is read next',
  'util/files/attributes.ts': 'where a program of the system is',
  'util/files/files.ts': 'the look itself',
  'util/files/named-file.ts': 'what is not a pipe for sure is read next',
};

test('quiet looks are those whose silence decides nothing', () => {
  const found = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => name.endsWith('.ts') && /\b(?:existsSync|statOf)\(/.test(readFileSync(new URL(name, SOURCE), 'utf8')),
    )
    .map((name) => name.replaceAll('\\', '/'));
  expect(found.sort()).toEqual(Object.keys(QUIET).sort());
});
