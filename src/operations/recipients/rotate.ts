/** `rotate`: a file under a new data key, with recipients added or taken out. */

import { parseEncryptionContext } from '../../config/encryption-context.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import { namesOf, withName } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { KeyFields, KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { openRun, type Run } from '../../run/run.js';
import type { Host, Session } from '../../util/host/host.js';
import { withKeys, withoutKeys } from '../key-changes.js';
import { writeOutput } from '../output.js';
import { checkExists, nameOf, readSealed } from '../read/input.js';
import { openFile } from '../read/open-file.js';
import type { FileRequest, Outcome } from '../requests.js';
import { redoing } from '../retry-on-change.js';
import { checkListed } from '../unlisted-recipients.js';
import { resealFile } from '../write/reseal-file.js';

export interface RotateRequest extends FileRequest {
  /** By type identifier: the texts of the `--add-…` flags. */
  readonly addKeys: ReadonlyMap<string, string>;
  /** By type identifier: the texts of the `--rm-…` flags. */
  readonly removeKeys: ReadonlyMap<string, string>;
  readonly encryptionContext?: string | undefined;
  readonly ignoreMac: boolean;
  /** Goes on although the file has recipients that no rule names. */
  readonly keepUnlisted?: boolean | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** Asked for as `-r FILE`: then a missing file has SOPS's number for the old forms. */
  readonly oldForm?: boolean | undefined;
}

/**
 * Gives a file a new data key. Nothing is written unless the result was read back and gives the same plaintext. Throws
 * SopsError, in the order of docs/command-line.md#rotate.
 */
export async function rotateFile(request: RotateRequest, host: Host): Promise<Outcome> {
  await checkFile(request, host);
  const run = await openRun({ ...request, filePath: nameOf(request) }, host);
  const added = await keysOf(request.addKeys, request, run);
  const unwanted = await Promise.all((await keysOf(request.removeKeys, request, run)).map(keyStringOf));
  return redoing(() => rotateOnce({ request, added, unwanted, run }));
}

interface Rotation {
  readonly request: RotateRequest;
  readonly added: KeyGroup;
  /** Key strings. */
  readonly unwanted: readonly string[];
  readonly run: Run;
}

async function rotateOnce({ request, added, unwanted, run }: Rotation): Promise<Outcome> {
  const { config, keyServices, decryptionOrder } = run;
  const found = await readSealed(request, run, 'ciphertext');
  const { read, printer } = found;
  const trail = run.trail(request.input);
  const { ignoreMac } = request;
  const options = { ignoreMac, rewrites: true, decryptionOrder, keyServices, trail, purpose: 'rotate' } as const;
  const opened = await openFile(found, options);
  const { keyGroups, shamirThreshold } = opened.metadata;
  const isUnwanted = (key: string): boolean => unwanted.includes(key);
  const { groups, removed } = await withoutKeys(withKeys(keyGroups, added), isUnwanted);
  const { keepUnlisted } = request;
  const file = nameOf(request);
  await checkListed((await withoutKeys(keyGroups, isUnwanted)).groups, { config, keepUnlisted, file, host: run });
  const recipients = { keyGroups: groups, shamirThreshold };
  const indent = run.indent(request.indent, found);
  const resealed = await resealFile({ opened, recipients, keyServices, printer, indent });
  await writeOutput(resealed, 'ciphertext', { ...request, read }, run);
  const absent = unwanted.filter((key) => !removed.includes(key));
  const called = await namesOf(config, run);
  const missing = absent.map((key) => `${withName(key, called)} was to be removed but is not in the file`);
  return { warnings: [...opened.warnings, ...missing] };
}

async function checkFile({ input, addKeys, removeKeys, oldForm }: RotateRequest, host: Host): Promise<void> {
  const changesKeys = addKeys.size + removeKeys.size > 0;
  if (!changesKeys && !oldForm) return;
  try {
    await checkExists(input, host);
  } catch (error) {
    if (!changesKeys || !(error instanceof SopsError)) throw error;
    throw new SopsError('keys-on-missing-file', 'Error: cannot add or remove keys on non-existent file', {
      ...(input.kind === 'file' ? { file: input.path } : {}),
      cause: error,
    });
  }
}

async function keysOf(flags: ReadonlyMap<string, string>, request: RotateRequest, host: Session): Promise<KeyGroup> {
  if (flags.size === 0) return [];
  const context = parseEncryptionContext(request.encryptionContext ?? '');
  const flagFields: KeyFields = new Map(context ? [['context', context]] : []);
  const [group = []] = await keyGroupsFor({ rule: null, keyFlags: flags, flagFields, host });
  return group;
}
