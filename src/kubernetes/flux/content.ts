/** Something encrypted that Flux's controller would decrypt. */
import type { FluxFormat } from '../kustomize/flux-formats.js';

export interface EncryptedContent {
  /** The file that it stands in, as shown. */
  readonly file: string;
  /** What is encrypted, if it is but a part of the file. */
  readonly part?: {
    /** What the part is called, e.g. `Secret a`. */
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly format: FluxFormat;
    /** Whether the file holds nothing else, so that it can be tried as it is, if it is encrypted as a whole. */
    readonly isAlone: boolean;
    /** Whether its MAC can be looked at: the controller prints objects anew, so theirs may not fit. */
    readonly keepsMac: boolean;
  };
}
