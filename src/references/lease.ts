/** What a store lends: values that end unless they are renewed, and that are given back when they are not needed any more. */

/** One thing that was lent: a dynamic secret, or the token of a log-in. */
export interface Lease {
  /** For messages, e.g. `database/creds/app of https://vault.example`. */
  readonly called: string;
  /** Names it among those of a run; the store's own name for it, never a value. */
  readonly id: string;
  /** How long it was granted at first, in seconds. */
  readonly duration: number;
  readonly isRenewable: boolean;
  /** Asks for more time, and gives the seconds that were granted. Rejects with `lease-expired` when the store does not know it any more. */
  renew(seconds: number, signal?: AbortSignal): Promise<number>;
  /** Gives it back; its values are worth nothing then. One that is gone already is no failure. Absent for what cannot be given back, a certificate. */
  revoke?(signal?: AbortSignal): Promise<void>;
}

/** Takes the leases of a run as they are made. */
export interface Leases {
  /** `asLogin`: the log-in by which others were made; it is given back last. */
  add(lease: Lease, asLogin?: boolean): void;
}
