/** `@grpc/grpc-js` as a whole: it is CommonJS, of which not every loader sees all names. */
import * as whole from '@grpc/grpc-js';

export const grpc = (whole as unknown as { readonly default: typeof whole }).default;
