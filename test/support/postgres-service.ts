/** A stand-in for PostgreSQL: as much of its protocol (version 3.0, documentation chapter 55) as noting events needs. */
import { createServer, type Server, type Socket } from 'node:net';

export interface Session {
  /** From the startup message: user, database, options… */
  readonly parameters: ReadonlyMap<string, string>;
}

/** An error of the server's; undefined for none. */
type Refusal = string | undefined;

export class PostgresService {
  readonly sessions: Session[] = [];
  /** Statements with their values, in order. */
  readonly statements: string[] = [];
  /** Asked for before anything else; null for nobody. */
  password: string | null = null;
  /** What the server says to a statement. */
  refuse: (statement: string) => Refusal = () => undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<PostgresService> {
    const server = createServer((socket) => service.serve(socket));
    const service = new PostgresService(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** The connection string of a user; TLS is not spoken here. */
  url(user = 'auditor:secret-pw', query = '?sslmode=disable'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/audit${query}`;
  }

  /** Drops every connection, as a server does that is started anew. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    let held = Buffer.alloc(0);
    let isStarted = false;
    const connection = new Connection(this, socket);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      for (;;) {
        const head = isStarted ? 1 : 0;
        if (held.length < head + 4) return;
        const length = held.readUInt32BE(head) + head;
        if (held.length < length) return;
        const body = held.subarray(head + 4, length);
        if (isStarted) connection.message(String.fromCharCode(held[0] ?? 0), body);
        else isStarted = connection.start(body);
        held = held.subarray(length);
      }
    });
  }
}

const SSL_REQUEST = 80_877_103;

class Connection {
  private statement = '';
  private failed = false;

  constructor(
    private readonly service: PostgresService,
    private readonly socket: Socket,
  ) {}

  /** The first message; false when it only asks for TLS. */
  start(body: Buffer): boolean {
    if (body.readUInt32BE(0) === SSL_REQUEST) {
      this.socket.write('N');
      return false;
    }
    const texts = body.subarray(4).toString().split('\0');
    const parameters = new Map<string, string>();
    for (let at = 0; texts[at]; at += 2) parameters.set(texts[at] ?? '', texts[at + 1] ?? '');
    this.service.sessions.push({ parameters });
    if (this.service.password === null) this.accept();
    else this.send('R', int32(3));
    return true;
  }

  message(type: string, body: Buffer): void {
    if (type === 'p') this.check(body.toString().replace(/\0$/, ''));
    else if (type === 'Q') this.query(body.toString().replace(/\0$/, ''), []);
    else if (type === 'P') this.statement = body.toString().split('\0')[1] ?? '';
    else if (type === 'B') this.query(this.statement, valuesOf(body));
    else if (type === 'S') this.ready();
    else if (type === 'X') this.socket.end();
  }

  private check(password: string): void {
    if (password === this.service.password) {
      this.accept();
    } else {
      this.error('28P01', 'password authentication failed for user "auditor"');
      this.socket.end();
    }
  }

  private accept(): void {
    this.send('R', int32(0));
    this.ready();
  }

  private query(statement: string, values: readonly string[]): void {
    const isSimple = statement !== this.statement;
    this.service.statements.push([statement, ...values].join(' | '));
    const refusal = this.service.refuse(statement);
    this.failed = refusal !== undefined;
    if (!isSimple && !this.failed) {
      this.send('1');
      this.send('2');
    }
    if (refusal !== undefined) this.error('42501', refusal);
    else if (statement.startsWith('SELECT')) this.row();
    else {
      this.send('n');
      this.send('C', Buffer.from('INSERT 0 1\0'));
    }
    if (isSimple) this.ready();
  }

  /** One row with one column of type int4, which holds 1. */
  private row(): void {
    const column = Buffer.concat([Buffer.from('c\0'), int32(0), int16(0), int32(23), int16(4), int32(-1), int16(0)]);
    this.send('T', Buffer.concat([int16(1), column]));
    this.send('D', Buffer.concat([int16(1), int32(1), Buffer.from('1')]));
    this.send('C', Buffer.from('SELECT 1\0'));
  }

  private ready(): void {
    this.send('Z', Buffer.from('I'));
  }

  private error(code: string, message: string): void {
    this.send('E', Buffer.from(`SERROR\0VERROR\0C${code}\0M${message}\0\0`));
  }

  private send(type: string, body: Buffer = Buffer.alloc(0)): void {
    this.socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }
}

/** The values of a Bind message, which here are all texts. */
function valuesOf(body: Buffer): string[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readUInt16BE(at);
  const count = body.readUInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readUInt32BE(at);
    at += 4 + length;
    return body.subarray(at - length, at).toString();
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
