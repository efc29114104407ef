/** A server that takes connections and never says a word, as one behind a firewall may seem. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface DeafServer {
  readonly port: number;
  /** Connections that are open now. */
  connections(): number;
  close(): Promise<void>;
}

export async function startDeafServer(): Promise<DeafServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    // It must read to see the other side's end.
    socket.resume().on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
