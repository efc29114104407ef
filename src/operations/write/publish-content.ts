/** What `publish` sends of a file: the file as it is, encrypted anew, or its values. */
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { Config, CreationRule, DestinationRule } from '../../config/model.js';
import { warnOnce } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import type { RecognisedFile } from '../../formats/recognise.js';
import type { KeyGroup } from '../../keys/provider.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { PlainValues, RemoteRow } from '../../remotes/remote.js';
import type { Run } from '../../run/run.js';
import { walk } from '../../tree/walk.js';
import type { Session } from '../../util/host/host.js';
import { compareRecipients, isChange, type KeyChange, thresholdFor } from '../key-changes.js';
import { type OpenedFile, openFile } from '../read/open-file.js';
import { inexactPlaces, maskedEntries, maskedText, plainValuesOf, unwrappedValuesOf } from '../read/plain-values.js';
import { carriedOver, recreateFile } from './recreate-file.js';

/** A file that is to be published. */
export interface PublishedFile {
  /** As the user named it, or walked to from there. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly read: RecognisedFile;
  readonly rule: DestinationRule;
}

/** What is the same for all files of a run. */
export interface Surroundings {
  readonly config: Config;
  /** Called with the change of recipients that a recreation rule makes. */
  showChange(change: KeyChange): Promise<void>;
  readonly run: Run;
  /** Whether nothing will be sent: then no data key is made. */
  readonly dryRun: boolean;
}

/** The encrypted bytes to send. Throws what opening and sealing throw; `failed` for a file that holds plaintext. */
export async function sealedContent(source: PublishedFile, surroundings: Surroundings): Promise<Uint8Array> {
  const { recreationRule } = source.rule;
  const keyGroups = await recreationGroups(recreationRule, surroundings.run);
  if (!keyGroups) {
    const { selection, shamirThreshold, macOnlyEncrypted, name } = recreationRule;
    if (selection.size > 0 || shamirThreshold > 0 || macOnlyEncrypted) {
      warnOnce(surroundings.run, `${name} names no recipients, so it has no effect: files are sent as they are`);
    }
    await checkSealed(source);
    return source.bytes;
  }
  const log = surroundings.run.log;
  log?.({ component: 'PUBLISH', level: 'debug', message: 'Re-encrypting tree before publishing' });
  const opened = await open(source, surroundings, true);
  const { metadata } = opened;
  const shamirThreshold = thresholdFor(recreationRule.shamirThreshold, metadata, keyGroups.length);
  const recipients = { keyGroups, shamirThreshold };
  const change = await compareRecipients(metadata, recipients);
  if (isChange(change)) await surroundings.showChange(change);
  const kept = carriedOver(metadata, recreationRule);
  if (kept !== undefined) {
    warnOnce(surroundings.run, `${recreationRule.name} does not say otherwise, so what the file has stays: ${kept}`);
  }
  if (surroundings.dryRun) return source.bytes;
  const { run } = surroundings;
  const { keyServices } = run;
  const indent = run.indent(undefined, { reader: opened.store, printer: opened.store });
  return recreateFile({ opened, rule: recreationRule, recipients, keyServices, indent });
}

/** The values to send, and their keys with masks in place of the values. Throws what opening throws, and as {@link plainValuesOf}. */
export async function plainContent(
  source: PublishedFile,
  kind: Pick<RemoteRow, 'unwraps'>,
  surroundings: Surroundings,
): Promise<{ values: PlainValues; masked: string }> {
  const { rule } = source;
  if (rule.recreationRule.keys.size + rule.recreationRule.keyGroups.length > 0) {
    warnOnce(surroundings.run, `${rule.recreationRule.name} has no effect: the values are sent decrypted`);
  }
  const { file } = await open(source, surroundings, false);
  if (kind.unwraps) {
    const values = unwrappedValuesOf(file.documents);
    return { values, masked: maskedEntries(values) };
  }
  const values = plainValuesOf(file.documents);
  const inexact = inexactPlaces(file.documents);
  if (inexact.length > 0) {
    const which = `${source.path}: integers of ${inexact.join(', ')} are larger than Vault keeps exactly`;
    surroundings.run.warn(`${which}; as texts they would stay what they are`);
  }
  return { values, masked: maskedText(file.documents) };
}

async function open({ path, read }: PublishedFile, surroundings: Surroundings, rewrites: boolean): Promise<OpenedFile> {
  const { run } = surroundings;
  const { decryptionOrder, keyServices } = run;
  const trail = run.trail({ kind: 'file', path });
  const opened = await openFile(read, { ignoreMac: false, rewrites, decryptionOrder, keyServices, trail });
  for (const warning of opened.warnings) run.warn(`${path}: ${warning}`);
  return opened;
}

/** The recipients of a recreation rule; undefined when it names none, so that there is nothing to encrypt anew for. */
async function recreationGroups(rule: CreationRule, host: Session): Promise<KeyGroup[] | undefined> {
  const keyGroups = await keyGroupsFor({ rule, host });
  return keyGroups.some((group) => group.length > 0) ? keyGroups : undefined;
}

/** Refuses a file that is not encrypted, also in part: somebody may have added a value to it by hand. */
async function checkSealed({ path, read }: PublishedFile): Promise<void> {
  const { documents, metadata } = read.file;
  const scope = await scopeOf(metadataFromBranch(metadata).selection, 'read');
  walk(documents, scope, {
    leaf({ value }, place) {
      if (!place.selected || value === null || value === '') return;
      if (typeof value === 'string' && looksEncrypted(value)) return;
      throw new SopsError('failed', 'the file holds a value that should be encrypted but is not, so it is not sent', {
        file: path,
        path: place.path,
        hint: 'Decrypt what can be decrypted, and encrypt the file again.',
      });
    },
  });
}
