/** `agent unlock`, one file of it: its data key opened, so that the agent keeps it; none of its values is. */
import { recoverDataKey } from '../../datakey/recover.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { openReadingRun } from '../../run/run.js';
import type { Session } from '../../util/host/host.js';
import { readSealed } from '../read/input.js';

export interface UnlockRequest {
  readonly configPath?: string | undefined;
  readonly keyServices: KeyServiceChoice;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

/** Throws as opening a file does. */
export async function unlockFile(path: string, request: UnlockRequest, host: Session): Promise<void> {
  const run = await openReadingRun({ ...request, filePath: path }, host);
  const { file } = await readSealed({ input: { kind: 'file', path } }, run, 'plaintext');
  const metadata = metadataFromBranch(file.metadata);
  const { keyServices, decryptionOrder } = run;
  const warn = (message: string): void => run.warn(message);
  const dataKey = await recoverDataKey(
    { ...metadata, documents: file.documents },
    { keyServices, decryptionOrder, warn },
  );
  dataKey.bytes.fill(0);
}
