/** Whether a decryption Secret opens files: tried with its keys alone, as the controller has no others. */

import { SopsError } from '../../errors.js';
import type { OwnProcess } from '../../exec/process-access.js';
import { formatNamed } from '../../formats/registry.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { type DryRun, tryFile } from '../../operations/explain/dry-run.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import { withKeyring } from '../imported-keys.js';
import type { Finding } from '../kustomize/findings.js';
import type { Manifest } from '../manifest/manifest.js';
import type { EncryptedContent } from './content.js';
import { type DecryptionEntry, decryptionEntries } from './decryption-secret.js';
import { checkUsable, ENTRY_NAMES } from './key-entry.js';

/** The key types that are tried here; what the others are opened with is the cluster's (workload identity) or a cloud's. */
const LOCAL: ReadonlySet<string> = new Set(['age', 'pgp']);

const UNNOTICED = 'the MAC does not fit, so it was changed after encrypting; the controller would not notice';

/** What keeps a Secret from opening files. `file` is what messages call the Secret's file. Throws `key` when gpg is missing. */
export async function trySecret(
  secret: Manifest,
  file: string,
  encrypted: readonly EncryptedContent[],
  own: OwnProcess,
  host: Session,
): Promise<Finding[]> {
  const entries = decryptionEntries(secret);
  const findings = await entryFindings(entries, file);
  const usable = (type: string) => entries.filter(({ kind }) => kind?.opens.includes(type));
  const keyrings = usable('pgp').map(({ bytes }) => bytes);
  const inside = hostWith(usable('age'), host);
  const trials =
    keyrings.length > 0
      ? await withKeyring(keyrings, own, inside, (within) => tryAll(encrypted, within))
      : await tryAll(encrypted, inside);
  const given = new Set(entries.flatMap(({ kind }) => kind?.opens ?? []));
  return [...findings, ...trials.flatMap((trial) => findingOf(trial, given) ?? [])];
}

/** Entries that the controller passes over, or fails on. */
async function entryFindings(entries: readonly DecryptionEntry[], file: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, kind, bytes } of entries) {
    if (!kind) {
      findings.push({ file, text: `the controller passes over the entry ${name}; it takes ${ENTRY_NAMES}` });
      continue;
    }
    try {
      await checkUsable(kind, decodeText(bytes), `the entry ${name}`);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      findings.push({ file, text: error.message });
    }
  }
  if (entries.length === 0) findings.push({ file, text: 'the Secret holds no entries' });
  return findings;
}

/** Surroundings in which nothing but the entries' own identities is found. */
function hostWith(entries: readonly DecryptionEntry[], host: Session): Session {
  const identities = entries.map(({ bytes }) => decodeText(bytes)).join('\n');
  const { PATH, TMPDIR, SOPS_GPG_EXEC } = host.env;
  return host.fork({
    env: { PATH, TMPDIR, SOPS_GPG_EXEC, HOME: '/nonexistent', GNUPGHOME: '/nonexistent', SOPS_AGE_KEY: identities },
    askSecret: async () => {
      throw new SopsError('key', 'nobody tells the controller a passphrase');
    },
    warn: () => undefined,
  });
}

interface Trial extends DryRun {
  readonly content: EncryptedContent;
}

async function tryAll(encrypted: readonly EncryptedContent[], host: Session): Promise<Trial[]> {
  const keyServices = keyServicesOf(undefined, host);
  const trials: Trial[] = [];
  for (const content of encrypted) {
    const { file, part } = content;
    const sealed = !part || part.isAlone ? await readEncrypted(resolve(host.cwd, file)) : null;
    const tried = sealed ? { file } : content;
    const format = sealed ? formatNamed(sealed.store.name).name : part?.format;
    if (!format) throw new SopsError('input-unreadable', `${file} was encrypted, and is not any more`, { file });
    const input = { kind: 'file', path: file } as const;
    const request = { input, inputType: format, config: null, keyServices, bytes: sealed ? undefined : part?.bytes };
    trials.push({ ...(await tryFile(request, host)), content: tried });
  }
  return trials;
}

/** Groups whose keys the controller may open by other means are not held against the Secret, but nobody has tried them. */
function findingOf(trial: Trial, given: ReadonlySet<string>): Finding | null {
  const { content, groups, needed, dataKey, mac, problems } = trial;
  const { file, part } = content;
  const found = (text: string): Finding => ({ file, text: part ? `${part.name}: ${text}` : text });
  if (mac === false) return part?.keepsMac === false ? null : found(UNNOTICED);
  if (dataKey !== false) {
    const [problem] = problems;
    return problem ? found(problem.what) : null;
  }
  const types = [...new Set(groups.flatMap((group) => group.map(({ type }) => type)))];
  const foreign = types.filter((type) => !LOCAL.has(type));
  const open = groups.filter((group) => group.some(({ opens, type }) => opens || !LOCAL.has(type)));
  if (open.length >= needed) {
    return found(`was not tried: its keys (${foreign.join(', ')}) are opened by services that are not asked here`);
  }
  const missing = types.filter((type) => !given.has(type));
  const why =
    missing.length === types.length ? `has no entry for its keys (${types.join(', ')})` : 'holds none of its keys';
  return found(`the Secret ${why}`);
}
