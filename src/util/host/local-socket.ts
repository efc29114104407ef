/** A connection to a program of this machine that listens at a path. */
import type { Socket } from 'node:net';

/** Null where nobody answers. Later errors end the reading of what comes, and are not thrown. */
export async function dial(path: string): Promise<Socket | null> {
  // Not before it is wanted: all runs load this module.
  const { connect } = await import('node:net');
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => settle(socket));
    socket.on('error', () => settle(null));
  });
}
