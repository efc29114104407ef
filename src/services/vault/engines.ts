/** Recognising by their look the paths of Vault engines other than key and value, since a path does not say which engine it belongs to. */

/** The parts after a mount of what makes credentials, certificates or codes: database, aws, rabbitmq, ldap, kubernetes, pki, ssh, gcp, totp. */
const GENERATED = [
  /(?:^|\/)[^/]+\/(?:creds|static-creds|static-cred|sts|issue|sign)\/[^/]+$/,
  /(?:^|\/)[^/]+\/(?:roleset|static-account|impersonated-account)\/[^/]+\/(?:token|key)$/,
  /(?:^|\/)totp\/code\/[^/]+$/,
];

/** Whether a path belongs to an engine that makes what is read. A path of key and value may look so, too. */
export function isGenerated(path: string): boolean {
  return GENERATED.some((form) => form.test(path));
}

/** Whether a path makes a thing on each call and so takes no GET: it is written to. */
export function isMadeByWriting(path: string): boolean {
  return /\/(?:issue|sign)\/[^/]+$/.test(path) || /(?:^|\/)(?:kubernetes|ssh)\/creds\/[^/]+$/.test(path);
}
