/** Keeping what somebody typed when it cannot be saved: encrypted, beside the file it belongs to. */
import { basename, dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { temporaryFolders } from '../../exec/private-folder.js';
import { binaryStore } from '../../formats/binary.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { UNNOTED } from '../../run/audit-trail.js';
import { writeFileSafely } from '../../util/files/atomic-write.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { encodeText } from '../../util/text/text.js';
import type { OpenedFile } from '../read/open-file.js';
import type { EmergencyCopy } from './edit-file.js';
import { sealFile } from './seal-file.js';

const MOST_A_SECOND = 20;

/** What a text is kept with: for whoever may read a file, under its data key. */
export type RescueKeys = Pick<OpenedFile, 'metadata' | 'dataKey' | 'cipher'>;

/** What was typed and is not to be saved. */
export interface Unsaved {
  /** Undefined where there is none to be read. */
  readonly text: string | undefined;
  /** What the editor showed first. */
  readonly shown: string;
  readonly copies: readonly EmergencyCopy[];
  /** The file that it belongs to. */
  readonly path: string;
}

/** The error of an edit, with the advice where what was typed is kept: in files of its own, encrypted. */
export async function rescued(error: unknown, unsaved: Unsaved, keys: RescueKeys, host: Host): Promise<unknown> {
  if (error instanceof SopsError && error.code === 'edit-unchanged') return error;
  const { text, shown, copies, path } = unsaved;
  const isTyped = text !== undefined && text !== shown && text !== '';
  const texts = [
    ...(isTyped ? [{ path, text }] : []),
    ...copies.map((copy) => ({ path: path + copy.ending, text: copy.text })),
  ];
  if (texts.length === 0) return error;
  const kept: (string | null)[] = [];
  for (const one of texts) kept.push(await rescueText(keys, one.text, one.path, host));
  const failure =
    error instanceof SopsError ? error : new SopsError('failed', 'the edit could not be saved', { cause: error });
  return failure.with(failure.code, { hint: kept.map(adviceOn).join('\n') });
}

/**
 * Writes a text, whatever it holds, encrypted as binary.
 * @param path the file that was edited
 * @returns the new file, `FILE.rescued-TIME`, or, where that cannot be written, its like in the working directory or the
 *   temporary folder; null when nothing can be written
 */
async function rescueText(keys: RescueKeys, text: string, path: string, host: Host): Promise<string | null> {
  const { dataKey, cipher } = keys;
  const { mac, lastModified, layout, ...kept } = keys.metadata;
  const metadata = { ...kept, selection: null, macOnlyEncrypted: false };
  const scope = await scopeOf(null, 'encrypt');
  const file = (binaryStore.parsePlain ?? binaryStore.parse)(encodeText(text));
  const indent = { reprints: false, width: undefined };
  const store = { reader: binaryStore, printer: binaryStore };
  // A broken log must not keep what was typed from being saved.
  const sealing = { file, ...store, indent, scope, dataKey, cipher, trail: UNNOTED, metadata };
  const sealed = await sealFile(sealing);
  const time = new Date().toISOString().replaceAll(/[-:]|\..*/g, '');
  for (const folder of [dirname(path), '.', ...temporaryFolders(host)]) {
    // Two texts saved within one second must not overwrite each other.
    for (const more of ['', ...Array.from({ length: MOST_A_SECOND }, (_, at) => `-${at + 2}`)]) {
      const name = join(folder, `${basename(path)}.rescued-${time}${more}`);
      try {
        await writeFileSafely(resolve(host.cwd, name), sealed.bytes, { mode: 0o600, isNew: true });
        return name;
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
        if (error.code !== 'changed-meanwhile') break;
      }
    }
  }
  return null;
}

/** Of a swap file only Vim can make a text. */
const SWAP = /\.sw[a-z]\.rescued-/;

function adviceOn(name: string | null): string {
  if (name === null) return 'The edited text could not be kept.';
  return SWAP.test(name)
    ? `Vim's swap file is kept, encrypted, in ${name}: sops-ts decrypt ${name} > x.swp && vim -r x.swp`
    : `The edited text is kept, encrypted, in ${name}: sops-ts decrypt ${name}`;
}
