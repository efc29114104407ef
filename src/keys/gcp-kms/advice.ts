/** What a user of GCP KMS can do about a refusal. */
import { type Advice, adviceOnRpc, adviceOnStatus, adviceOnWords } from '../advice.js';

export const ADVICE: Advice = {
  login: 'Log in again: gcloud auth application-default login; or renew GOOGLE_OAUTH_ACCESS_TOKEN.',
  denied: 'Ask for the role roles/cloudkms.cryptoKeyEncrypterDecrypter on the key, or use credentials that have it.',
  absent: 'Check the project, location, key ring and key of the resource id.',
};

export const UNREACHABLE =
  'Check the network, the proxy (HTTPS_PROXY) and SOPS_GCP_KMS_ENDPOINT; SOPS_GCP_KMS_CLIENT_TYPE=rest does without gRPC.';

/** Denied, too, but by nobody's rights. */
const DISABLED_API = /API has not been used in project|SERVICE_DISABLED|it is disabled/;
const ENABLE_API =
  'Have the API enabled in the project: gcloud services enable cloudkms.googleapis.com; or set GOOGLE_CLOUD_QUOTA_PROJECT.';

/** What Google says of a key that is not there to somebody who may not know. */
const HIDDEN = /or it may not exist/;

/** The next step for a status of gRPC and what came with it. */
export function adviseOnRpc(code: unknown, said: string): string | undefined {
  return adviseOnWords(said) ?? adviceOnRpc(code, ADVICE);
}

/** The next step for a status of HTTP and what came with it. */
export function adviseOnStatus(status: number, said: string): string | undefined {
  return adviseOnWords(said) ?? adviceOnStatus(status, ADVICE);
}

function adviseOnWords(said: string): string | undefined {
  if (DISABLED_API.test(said)) return ENABLE_API;
  return HIDDEN.test(said) ? `${ADVICE.absent} ${ADVICE.denied}` : adviceOnWords(said);
}
