/** `export`: the values of files for a shell, a loader of environments, or a later step of a build. */
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readFileSync, writeFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { encodeText } from '../../util/text/text.js';
import { EXPORT_FORMS, type ExportForm, githubBlocks, githubMasks } from './export-text.js';
import { openVariables, type VariablesRequest } from './variables.js';

export interface ExportRequest extends Omit<VariablesRequest, 'flatten' | 'anyBytes'> {
  readonly form: ExportForm;
}

/** What is printed, and then what is put behind a file. */
export interface Exported {
  readonly printed: Uint8Array;
  /** Absent when all is printed. */
  readonly appended?: { readonly path: string; readonly bytes: Uint8Array };
}

/**
 * Opens the files and writes their variables in a form; nested keys become one name, as with `exec-env FILE -- PROGRAM`. Nothing is
 * printed or written here. Throws SopsError as {@link openVariables} does, and `failed` for a name or value that the form cannot hold.
 */
export async function exportVariables(request: ExportRequest, host: Host): Promise<Exported> {
  const { form } = request;
  const anyBytes = form !== 'github' && EXPORT_FORMS[form].anyBytes;
  const { variables } = await openVariables({ ...request, flatten: true, anyBytes }, sessionOf(host));
  if (form !== 'github') return { printed: encodeText(EXPORT_FORMS[form].text(variables)) };
  const masks = githubMasks(variables.values());
  const blocks = githubBlocks(variables);
  const path = host.env.GITHUB_ENV;
  if (!path) return { printed: encodeText(masks + blocks) };
  return { printed: encodeText(masks), appended: { path, bytes: encodeText(blocks) } };
}

const LINE_FEED = 10;

/** Puts bytes behind a file, on a line of their own. Throws `output-unwritable`. */
export function appendLines({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }, host: Host): void {
  const target = resolve(host.cwd, path);
  try {
    const last = existing(target)?.at(-1);
    const isOpen = last !== undefined && last !== LINE_FEED;
    writeFileSync(target, Buffer.concat([Buffer.from(isOpen ? '\n' : ''), bytes]), { flag: 'a', mode: 0o600 });
  } catch (cause) {
    const message = `Could not append to the file of GITHUB_ENV: ${systemReason(cause)}`;
    throw new SopsError('output-unwritable', message, { file: path, cause });
  }
}

function existing(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
