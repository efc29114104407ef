/** An HTTP server of a test, which keeps what it was sent. */
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the connection ends behind the half of the body. */
  readonly breaksOff?: boolean;
  /** Whether nothing is ever said. */
  readonly isSilent?: boolean;
}

export class HttpService {
  readonly received: Received[] = [];

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  /** Starts a server on a free port of this machine; it speaks TLS if it is given a certificate and its key. */
  static async start(answer: (request: Received) => Reply | Promise<Reply>, tls?: ServerOptions): Promise<HttpService> {
    const listener: RequestListener = async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      service.received.push(request);
      const reply = await answer(request);
      if (reply.isSilent) return;
      const length = reply.breaksOff ? { 'content-length': String(Buffer.byteLength(reply.body)) } : {};
      response.writeHead(reply.status ?? 200, { ...reply.headers, ...length });
      if (!reply.breaksOff) response.end(reply.body);
      else response.write(reply.body.slice(0, reply.body.length / 2), () => incoming.socket.destroy());
    };
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    const service = new HttpService(server, tls ? 'https' : 'http');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A port of this machine where nothing listens. */
export async function unusedPort(): Promise<number> {
  const service = await HttpService.start(() => ({ body: '' }));
  const { port } = new URL(service.url);
  await service.close();
  return Number(port);
}
