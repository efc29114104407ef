/** What there is for using GCP KMS, in the order of use. Nothing is contacted. */

import { SopsError } from '../../errors.js';
import { fileOrValue, wellKnownFile } from '../../services/gcp/credentials.js';
import { answerMembers, textMember } from '../../services/http/answer.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import type { Host } from '../../util/host/host.js';
import { absent, faulty, fileFinding, found, type KeyFinding, packageFinding } from '../finding.js';

export async function examineGcpKms(host: Host): Promise<KeyFinding[]> {
  const findings = [
    await inlineCredentials(host),
    host.env.GOOGLE_OAUTH_ACCESS_TOKEN
      ? found('GOOGLE_OAUTH_ACCESS_TOKEN', { detail: 'set; such tokens hold for an hour' })
      : absent('GOOGLE_OAUTH_ACCESS_TOKEN'),
    await fileFinding('GOOGLE_APPLICATION_CREDENTIALS', host, (content) => kindOf(content.toString('utf8'))),
    await gcloudFile(host),
  ];
  return [...findings, await packageFinding('google-auth-library')];
}

async function inlineCredentials(host: Host): Promise<KeyFinding> {
  const text = host.env.GOOGLE_CREDENTIALS;
  if (!text) return absent('GOOGLE_CREDENTIALS');
  try {
    return found('GOOGLE_CREDENTIALS', kindOf(await fileOrValue(text, host)));
  } catch (error) {
    return faulty('GOOGLE_CREDENTIALS', error);
  }
}

async function gcloudFile(host: Host): Promise<KeyFinding> {
  const path = wellKnownFile(host);
  if (path === undefined) return absent('the file of gcloud');
  try {
    return found(path, kindOf((await readNamedFile(path, host)).toString('utf8')));
  } catch (cause) {
    if (cause instanceof SopsError) return faulty(path, cause);
    if (isAbsent(cause)) return absent(path);
    return faulty(path, new SopsError('key', `cannot be read: ${systemReason(cause)}`));
  }
}

/** The kind of credentials that a JSON text is. Throws `key` for any other text, which is not quoted. */
function kindOf(text: string): { detail: string } {
  const kind = textMember(answerMembers(text), 'type');
  if (kind !== undefined && /^[\w-]{1,60}$/.test(kind)) return { detail: kind };
  throw new SopsError('key', 'holds no JSON credentials', {
    hint: 'Credentials are a JSON object with a member "type", as gcloud and the console write them.',
  });
}
