/** Loads the gRPC package, which takes its time. */
import type * as Grpc from '@grpc/grpc-js';

/** The package. */
export async function importGrpc(): Promise<typeof Grpc> {
  return (await import('../packages/grpc.js')).grpc;
}
