/** What a user of GCP KMS can do about a refusal. */
import type { Advice } from '../advice.js';

export const ADVICE: Advice = {
  login: 'Log in again: gcloud auth application-default login; or renew GOOGLE_OAUTH_ACCESS_TOKEN.',
  denied: 'Ask for the role roles/cloudkms.cryptoKeyEncrypterDecrypter on the key, or use credentials that have it.',
  absent: 'Check the project, location, key ring and key of the resource id.',
};

export const UNREACHABLE =
  'Check the network, the proxy (HTTPS_PROXY) and SOPS_GCP_KMS_ENDPOINT; SOPS_GCP_KMS_CLIENT_TYPE=rest does without gRPC.';

/** Denied, too, but by nobody's rights. */
export const DISABLED_API = /API has not been used in project|SERVICE_DISABLED|it is disabled/;
export const ENABLE_API =
  'Have the API enabled in the project: gcloud services enable cloudkms.googleapis.com; or set GOOGLE_CLOUD_QUOTA_PROJECT.';
