/** Where the bytes of a run come from. */
export type Input =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin'; read(): Promise<Uint8Array> };
