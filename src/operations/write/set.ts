/** `set`: one value of an encrypted file, which is made by its creation rule when it is not there. */
import { creationRuleFor } from '../../config/creation-rule.js';
import { SopsError } from '../../errors.js';
import { openRun } from '../../run/run.js';
import { setAt, type TreePath } from '../../tree/path.js';
import { type Branch, branch, type Value } from '../../tree/tree.js';
import { systemCode } from '../../util/files/files.js';
import { lstatSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { encodeText } from '../../util/text/text.js';
import { readerForNew } from '../read/input.js';
import { type ChangeOutcome, type ChangeRequest, changeFile } from './change-file.js';
import { encryptFile } from './encrypt.js';
import { checkHoldsTexts } from './held-texts.js';

export interface SetRequest extends ChangeRequest {
  /** The new value, without places. */
  readonly value: Value;
  /** Whether a file that is not there is made. */
  readonly makesFile?: boolean | undefined;
}

export interface SetOutcome extends ChangeOutcome {
  /** By which rule the file was made; absent when it was there. */
  readonly madeBy?: string;
}

/**
 * Sets a value in the first document of a file; missing maps are made on the way, an index right after the end appends. A file that is not
 * there is made with that value alone, if a creation rule is for it. Throws as `changeFile` does, for a new file as `encryptFile` does,
 * and `set-syntax` for a place that cannot hold a value.
 */
export async function setInFile(request: SetRequest, given: Host): Promise<SetOutcome> {
  const host = sessionOf(given);
  const madeBy = isAbsent(request, host) ? await ruleToMakeBy(request, host) : undefined;
  if (madeBy !== undefined) {
    try {
      await makeFile(request, host);
      return { warnings: [], written: true, madeBy };
    } catch (error) {
      // Somebody else has made it by now.
      if (!(error instanceof SopsError) || error.code !== 'changed-meanwhile') throw error;
    }
  }
  return changeFile(request, (document) => changedBySet(document, request.path, request.value), host);
}

function isAbsent({ input, makesFile = false }: SetRequest, { cwd }: Host): boolean {
  if (!makesFile || input.kind !== 'file') return false;
  try {
    lstatSync(resolve(cwd, input.path));
    return false;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}

/** The rule for a file that is not there; without one it stays a file that cannot be read. */
async function ruleToMakeBy(request: SetRequest, host: Session): Promise<string | undefined> {
  const path = request.input.kind === 'file' ? request.input.path : '';
  const run = await openRun({ ...request, filePath: path }, host);
  return (await creationRuleFor(run.config, path, host))?.name;
}

async function makeFile(request: SetRequest, host: Session): Promise<void> {
  const store = await readerForNew(request, host);
  const document = branch();
  changedBySet(document, request.path, request.value);
  const text = store.emit([document], null, { indent: request.indent, keepsFloats: true });
  checkHoldsTexts(store, text, [document]);
  const content = encodeText(text);
  const newFile = { keyFlags: new Map(), selection: {}, macOnlyEncrypted: false, allowUnencrypted: false };
  try {
    await encryptFile({ ...request, ...newFile, content }, host);
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'nothing-encrypted') throw error;
    throw new SopsError(error.code, error.message, {
      hint: 'A new file begins with a value that its rule encrypts: set such a one first, or make the file with sops-ts edit.',
      cause: error,
    });
  }
}

/** Whether a document is another one once a value is set in it. Throws `set-syntax` for a place that cannot hold one. */
export function changedBySet(document: Branch, path: TreePath, value: Value): boolean {
  try {
    return setAt(document, path, value);
  } catch (error) {
    if (error instanceof SopsError && error.code === 'path-not-found') throw error.with('set-syntax');
    throw error;
  }
}
