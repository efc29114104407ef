/** A connection to a program of this machine that listens at a path. */
import { connect, type Socket } from 'node:net';

/** Null where nobody answers. Later errors end the reading of what comes, and are not thrown. */
export function dial(path: string): Promise<Socket | null> {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => settle(socket));
    socket.on('error', () => settle(null));
  });
}
