/** Who can read what: encrypted files against recipients, told from metadata alone. No key is needed, and no value is looked at. */

import { basename } from 'node:path';
import { configText } from '../../config/config-text.js';
import { CONFIG_NAME } from '../../config/find.js';
import { namesRecipient } from '../../config/recipient.js';
import { listNames, type NamedRecipientText, namedIn } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { MasterKey } from '../../keys/provider.js';
import { keyTypeRow } from '../../keys/registry.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { EncryptedFile } from '../../operations/read/encrypted-files.js';
import { openReadingRun } from '../../run/run.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { oneLine } from '../../util/text/one-line.js';
import { contentBehind } from '../contents.js';
import { encryptedAmong } from '../encrypted.js';
import { type FoundFile, findFiles } from '../operands.js';
import type { AccessTable, ReadableFile, Reader } from './access-table.js';
import { addAges } from './data-key-age.js';

export interface AccessRequest {
  /** Files, folders and patterns; none for the working directory. */
  readonly words: readonly string[];
  readonly configPath?: string | undefined;
  /** Whether the ages of data keys are looked for, in git's history as well. */
  readonly ages: boolean;
}

/** Finds the encrypted files among what words stand for, and who can read them. */
export async function readAccess(request: AccessRequest, host: Session): Promise<AccessTable> {
  const found = await findFiles(request.words, host);
  const names = await namesFor(found.files, request, host);
  const register = new ReaderRegister(names);
  const problems = [...found.problems];
  const files: ReadableFile[] = [];
  const contents = new Map<ReadableFile, EncryptedFile>();
  for await (const { file, encrypted } of encryptedAmong(found.files, host.cwd)) {
    if (encrypted === null) continue;
    try {
      if (encrypted instanceof SopsError) throw encrypted;
      const readable = await readableFile(file, encrypted, register);
      files.push(readable);
      if (request.ages) contents.set(readable, encrypted);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      problems.push(error.file === undefined ? error.with(error.code, { file: file.path }) : error);
    }
  }
  if (request.ages) await addAges(contents, host);
  return { ...register.inOrder(files), names, problems };
}

/** Who is meant by a name or recipient, as places in the readers; none for a name that can read nothing. Throws `config` for nobody. */
export function readersCalled(who: string, { readers, names }: Pick<AccessTable, 'readers' | 'names'>): number[] {
  const meant = names.flatMap(([name, recipient]) => (name === who ? [recipient] : []));
  const places = readers.flatMap(({ name, recipient }, at) => {
    const isMeant = name === who || [who, ...meant].some((one) => namesRecipient(recipient, one));
    return isMeant ? [at] : [];
  });
  if (places.length > 0 || meant.length > 0) return places;
  throw new SopsError('config', `${JSON.stringify(oneLine(who))} can read none of these files`, {
    hint: 'Names are those of anchors in .sops.yaml (keys: [&alice age1…]); a recipient itself can be named as well.',
  });
}

async function readableFile(
  file: FoundFile,
  encrypted: EncryptedFile,
  register: ReaderRegister,
): Promise<ReadableFile> {
  const { keyGroups, shamirThreshold, lastModified } = metadataFromBranch(encrypted.file.metadata);
  const groups: number[][] = [];
  for (const group of keyGroups) {
    const places = new Set<number>();
    for (const key of group) places.add(register.placeOf(await keyStringOf(key), key));
    groups.push([...places]);
  }
  const threshold = groups.length > 1 ? shamirThreshold || groups.length : 1;
  return { path: file.path, absolute: file.absolute, groups, threshold, lastModified };
}

/** The names of the configuration in force, then those of every other one among the files. */
async function namesFor(
  files: readonly FoundFile[],
  { configPath }: AccessRequest,
  host: Session,
): Promise<NamedRecipientText[]> {
  const { config } = await openReadingRun({ configPath, filePath: CONFIG_NAME }, host);
  const names = config ? await listNames(config, host) : [];
  for (const { path, absolute } of files) {
    if (basename(path) !== CONFIG_NAME || absolute === config?.file.absolute) continue;
    const content = contentBehind(absolute);
    if (content.kind !== 'file') continue;
    append(names, await namedIn(configText(content.bytes)).catch(() => []));
  }
  return names;
}

/** Gives every recipient a place, however it is spelt. */
class ReaderRegister {
  private readonly readers: Reader[] = [];
  private readonly places = new Map<string, number>();

  constructor(private readonly names: readonly NamedRecipientText[]) {}

  placeOf(keyString: string, { type }: MasterKey): number {
    const known = this.places.get(keyString);
    if (known !== undefined) return known;
    const title = keyTypeRow(type)?.title ?? type;
    const same = this.readers.findIndex(
      (reader) => reader.type === title && namesRecipient(keyString, reader.recipient),
    );
    const place = same >= 0 ? same : this.readers.length;
    if (same < 0) this.readers.push({ recipient: keyString, type: title, name: this.nameOf(keyString) });
    this.places.set(keyString, place);
    return place;
  }

  private nameOf(keyString: string): string | undefined {
    const named = this.names.find(([, recipient]) => namesRecipient(keyString, recipient))?.[0];
    return named ?? remarkOf(keyString);
  }

  /** The readers sorted, and the files with the places that they have now. */
  inOrder(files: readonly ReadableFile[]): Pick<AccessTable, 'readers' | 'files'> {
    const sorted = this.readers
      .map((reader, from) => ({ reader, from }))
      .sort((one, other) => compare(one.reader, other.reader));
    const placeNow = new Map(sorted.map(({ from }, now) => [from, now]));
    return {
      readers: sorted.map(({ reader }) => reader),
      files: files.map((file) => ({
        ...file,
        groups: file.groups.map((group) => group.map((from) => placeNow.get(from) ?? from).sort((a, b) => a - b)),
      })),
    };
  }
}

/** What stands after the key in an SSH recipient. */
function remarkOf(keyString: string): string | undefined {
  if (!keyString.startsWith('ssh-')) return undefined;
  const remark = keyString.trim().split(/\s+/).slice(2).join(' ');
  return remark === '' ? undefined : remark;
}

function compare(one: Reader, other: Reader): number {
  const [a, b] = [one, other].map(({ name, recipient }) =>
    name === undefined ? `1${recipient}` : `0${name}\0${recipient}`,
  );
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
