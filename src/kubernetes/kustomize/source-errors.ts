/** Why a file of a generator could not be had: in ksops's words for its kind, since scripts match them, and in ours for our own. */
import { SopsError } from '../../errors.js';

/** Where a file is listed, as ksops calls it. */
export type SourceList = 'manifest.Files' | 'secretFrom.Files' | 'secretFrom.BinaryFiles' | 'secretFrom.Envs';

/** The error with the file and its list in it. */
export function inList(error: unknown, path: string, list: SourceList, dialect: 'ksops' | 'own'): unknown {
  if (!(error instanceof SopsError)) return error;
  if (dialect === 'own') return error.message.includes(path) ? error : reworded(error, `${path}: ${error.message}`);
  const inner =
    error.code === 'input-unreadable'
      ? `error reading "${path}": ${error.message}`
      : `trouble decrypting file: ${decryptReason(error)}`;
  return reworded(error, `error decrypting file "${path}" from ${list}: ${inner}`);
}

/** The words of SOPS's library, which differ from those of its program. */
function decryptReason(error: SopsError): string {
  if (error.code === 'mac-mismatch') {
    const [, stored, computed] = /File has ([0-9A-Fa-f]{1,128}|no MAC), computed (\S+)$/.exec(error.message) ?? [];
    const macs = stored === undefined ? error.message : `expected mac "${stored}", got "${computed}"`;
    return `Failed to verify data integrity. ${macs}`;
  }
  if (error.code === 'data-key-not-recovered') {
    const [, needed = '0', got = '0'] = /threshold of (\d+), but only (\d+)/.exec(error.message) ?? [];
    return `Error getting data key: ${needed} successful groups required, got ${got}\n${error.message}`;
  }
  return error.message;
}

function reworded(error: SopsError, message: string): SopsError {
  const { file, path, hint, detail } = error;
  return new SopsError(error.code, message, {
    ...(file === undefined ? {} : { file }),
    ...(path === undefined ? {} : { path }),
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail }),
    cause: error.cause,
  });
}
