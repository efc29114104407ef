/** Loads the gRPC package, an optional dependency of a megabyte. */
import type * as Grpc from '@grpc/grpc-js';
import { importSdk } from './import-sdk.js';

/** The package. It is CommonJS, of which not every loader sees all names, so its whole is taken. Throws `key` when it is missing. */
export async function importGrpc(): Promise<typeof Grpc> {
  const loaded = await importSdk<{ readonly default: typeof Grpc }>('@grpc/grpc-js');
  return loaded.default;
}
