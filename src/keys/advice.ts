/** What the user can do when a key's service refuses: the kinds of refusals, and each provider's words for them. */

/** A provider's next steps, by what its service says. */
export interface Advice {
  /** The credentials are not accepted, or no longer are. */
  readonly login: string;
  /** They are accepted, but do not allow this. */
  readonly denied: string;
  /** There is no such key. */
  readonly absent: string;
}

const MISMATCH =
  "The key cannot be used for this, or the entry is another key's or damaged: check the key, and the file's history.";
const BUSY = 'The service is busy or out of order: try again later.';

const DISABLED = 'The key, or this version of it, is disabled: have it enabled, or use another key.';

/** What services say of a key or a call, whatever status they give it; the first that fits counts. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /\bdestroyed|DESTROY_SCHEDULED|pending ?deletion|scheduled for deletion|DeletedButRecoverable|deleted but recoverable/i,
    'The key was deleted, or soon will be: have it restored while that is possible; else only another key of the file opens it.',
  ],
  [/\bdisabled\b|KeyDisabled|not enabled/i, DISABLED],
  [
    /expired key|key (?:is|has) expired|not yet valid key/i,
    'The key is outside the time for which it holds: have that changed, or use another key.',
  ],
  [
    /too ?skewed|time differs|signature (?:not yet current|expired)/i,
    'The service takes the time of this machine for wrong: set its clock.',
  ],
  [
    /firewall|client address is not authorized/i,
    "The service's firewall keeps this machine out: have its address added, or use the network that is let in.",
  ],
];

/** The next step by the cause that a service gave; undefined for one that is not known. */
export function adviceOnWords(said: string): string | undefined {
  return CAUSES.find(([words]) => words.test(said))?.[1];
}

/** The next step for the status of an HTTP answer; undefined for one that says nothing. */
export function adviceOnStatus(status: number, advice: Advice): string | undefined {
  if (status === 401) return advice.login;
  if (status === 403) return advice.denied;
  if (status === 404) return advice.absent;
  if (status === 429 || status >= 500) return BUSY;
  return status >= 400 ? MISMATCH : NOT_THE_SERVICE;
}

/** For an answer that the service would not give. */
export const NOT_THE_SERVICE =
  'Something else than the service seems to answer there: check its address and the proxy.';

/** The next step for a status of gRPC, by its number. */
export function adviceOnRpc(code: unknown, advice: Advice): string | undefined {
  return typeof code === 'number' ? RPC.get(code)?.(advice) : undefined;
}

const RPC = new Map<number, (advice: Advice) => string>([
  [3, () => MISMATCH],
  [4, () => BUSY],
  [5, ({ absent }) => absent],
  [7, ({ denied }) => denied],
  [8, () => BUSY],
  [9, () => MISMATCH],
  [12, () => NOT_THE_SERVICE],
  [13, () => BUSY],
  [16, ({ login }) => login],
]);

/** The next step for an exception of AWS, by its name. */
export function adviceOnException(name: string, advice: Advice): string | undefined {
  if (/^AccessDenied|NotAuthorized/.test(name)) return advice.denied;
  if (/^NotFound/.test(name)) return advice.absent;
  if (/^Disabled/.test(name)) return DISABLED;
  if (/^Expired|^UnrecognizedClient|^InvalidClientToken|Signature|^MissingAuthentication/.test(name))
    return advice.login;
  if (/^Throttling|^KMSInternal|^DependencyTimeout|^ServiceUnavailable|^LimitExceeded/.test(name)) return BUSY;
  return /^(?:InvalidCiphertext|IncorrectKey|InvalidKeyUsage|KeyUnavailable|KMSInvalidState)/.test(name)
    ? MISMATCH
    : name === 'SyntaxError'
      ? NOT_THE_SERVICE
      : undefined;
}
