/** Stand-ins for GCP KMS, over REST and over gRPC with TLS: AES-GCM under a key of its own for each resource. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import { fixtureText } from './entries.js';
import { HttpService, type Received, type Reply } from './http-service.js';
import type { AnswerMode } from './provider-contract.js';

/** A call as either server sees it. */
export interface GcpCall {
  readonly verb: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly authorization: string | undefined;
  /** The header that routes the request. */
  readonly routing: string | undefined;
  /** The project that pays for it, where one is named. */
  readonly payer: string | undefined;
}

/** What the real service says; statuses of gRPC and HTTP. */
const STATES = {
  disabled: [
    9,
    400,
    'FAILED_PRECONDITION',
    'projects/p1/locations/global/keyRings/ring/cryptoKeys/key/cryptoKeyVersions/1 is not enabled, current state is: DISABLED.',
  ],
  destroyed: [
    9,
    400,
    'FAILED_PRECONDITION',
    'projects/p1/locations/global/keyRings/ring/cryptoKeys/key/cryptoKeyVersions/1 is not enabled, current state is: DESTROY_SCHEDULED.',
  ],
  'without-api': [
    7,
    403,
    'PERMISSION_DENIED',
    'Cloud Key Management Service (KMS) API has not been used in project 1 before or it is disabled.',
  ],
  hidden: [
    7,
    403,
    'PERMISSION_DENIED',
    "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key' (or it may not exist).",
  ],
  throttled: [
    8,
    429,
    'RESOURCE_EXHAUSTED',
    "Quota exceeded for quota metric 'Cryptographic requests' and limit 'Cryptographic requests per minute'.",
  ],
  broken: [13, 500, 'INTERNAL', 'Internal error encountered.'],
} as const;
export type GcpState = keyof typeof STATES;
export const GCP_STATES = Object.keys(STATES) as GcpState[];

function stateOf(mode: AnswerMode | GcpState) {
  return Object.hasOwn(STATES, mode) ? STATES[mode as GcpState] : undefined;
}

export interface GcpService {
  mode: AnswerMode | GcpState;
  readonly calls: GcpCall[];
  /** As SOPS_GCP_KMS_ENDPOINT takes it. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const DENIED = "Permission 'cloudkms.cryptoKeyVersions.useToDecrypt' denied on resource";
const EXPIRED = 'Request had invalid authentication credentials. Expected OAuth 2 access token.';
const ABSENT = 'CryptoKey projects/p1/locations/global/keyRings/ring/cryptoKeys/key not found.';
const INVALID = 'Decryption failed: the ciphertext is invalid.';

export async function startRest(): Promise<GcpService & { readonly paths: string[] }> {
  const calls: GcpCall[] = [];
  const paths: string[] = [];
  const http = await HttpService.start((request) => {
    const call = restCall(request);
    calls.push(call);
    paths.push(request.path);
    return restAnswer(service.mode, call);
  });
  const service: GcpService = { mode: 'properly', calls, endpoint: http.url, close: () => http.close() };
  return Object.assign(service, { paths });
}

function restCall({ path, body, headers }: Received): GcpCall {
  const { name, plaintext, ciphertext } = JSON.parse(body);
  const verb = /:(\w+)\?/.exec(path)?.[1] ?? '';
  return { verb, name, bytes: Buffer.from(plaintext ?? ciphertext, 'base64'), ...headersOf(headers) };
}

function headersOf(headers: IncomingHttpHeaders): Pick<GcpCall, 'authorization' | 'routing' | 'payer'> {
  const [routing, payer] = ['x-goog-request-params', 'x-goog-user-project'].map(
    (name) => headers[name] as string | undefined,
  );
  return { authorization: headers.authorization, routing, payer };
}

function restAnswer(mode: GcpService['mode'], { verb, name, bytes }: GcpCall): Reply {
  const state = stateOf(mode);
  if (state) return error(state[1], state[3], state[2]);
  if (mode === 'refusing') return error(403, DENIED, 'PERMISSION_DENIED');
  if (mode === 'expired') return error(401, EXPIRED, 'UNAUTHENTICATED');
  if (mode === 'absent') return error(404, ABSENT, 'NOT_FOUND');
  if (mode === 'without-field') return json({ name });
  if (mode === 'nonsense') return { body: '<html>oaKjpKWmp6ipqqusra6vsLGys7S1tre4ubq7vL2+v8A=</html>' };
  const result = work(verb, name, bytes);
  if (!result) return error(400, INVALID, 'INVALID_ARGUMENT');
  return json({ [verb === 'encrypt' ? 'ciphertext' : 'plaintext']: result.toString('base64') });
}

function json(body: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function error(code: number, message: string, status: string): Reply {
  return json({ error: { code, message, status } }, code);
}

interface GrpcService extends GcpService {
  /** Whether calls are left without an answer. */
  isSilent: boolean;
  /** How it answers when there were so many calls. */
  after: { readonly calls: number; readonly mode: GcpService['mode'] } | undefined;
  /** The calls that the client has ended. */
  readonly ended: GcpCall[];
}

/** With the certificate in `fixtures/keys/tls`. */
export async function startGrpc(): Promise<GrpcService> {
  const calls: GcpCall[] = [];
  const ended: GcpCall[] = [];
  const answer = (verb: string): grpc.handleUnaryCall<Buffer, Buffer> => {
    return (open, reply) => {
      const { request, metadata } = open;
      const { 1: name = Buffer.alloc(0), 2: bytes = Buffer.alloc(0) } = decodeMessage(request);
      const call = { verb, name: name.toString(), bytes, ...headersOf(metadata.getMap() as IncomingHttpHeaders) };
      calls.push(call);
      open.on('cancelled', () => ended.push(call));
      if (service.isSilent) return;
      const outcome = grpcAnswer(service.mode, call);
      if (service.after?.calls === calls.length) service.mode = service.after.mode;
      if (Buffer.isBuffer(outcome)) reply(null, outcome);
      else reply(outcome);
    };
  };
  const server = new grpc.Server();
  server.addService(
    { Encrypt: methodOf('Encrypt'), Decrypt: methodOf('Decrypt') },
    { Encrypt: answer('encrypt'), Decrypt: answer('decrypt') },
  );
  const port = await listen(server);
  const close = async () => server.forceShutdown();
  const service: GrpcService = {
    mode: 'properly',
    calls,
    endpoint: `localhost:${port}`,
    close,
    isSilent: false,
    after: undefined,
    ended,
  };
  return service;
}

function listen(server: grpc.Server): Promise<number> {
  const pair = {
    private_key: Buffer.from(fixtureText('tls/localhost.key')),
    cert_chain: Buffer.from(fixtureText('tls/localhost.crt')),
  };
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
    server.bindAsync('localhost:0', credentials, (problem, bound) => (problem ? reject(problem) : resolve(bound)));
  });
}

function methodOf(method: string): grpc.MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    path: `/google.cloud.kms.v1.KeyManagementService/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

function grpcAnswer(mode: GcpService['mode'], { verb, name, bytes }: GcpCall): Buffer | Partial<grpc.StatusObject> {
  const state = stateOf(mode);
  if (state) return { code: state[0], details: state[3] };
  if (mode === 'refusing') return { code: grpc.status.PERMISSION_DENIED, details: DENIED };
  if (mode === 'expired') return { code: grpc.status.UNAUTHENTICATED, details: EXPIRED };
  if (mode === 'absent') return { code: grpc.status.NOT_FOUND, details: ABSENT };
  if (mode === 'without-field') return Buffer.alloc(0);
  if (mode === 'nonsense') return Buffer.from('\x0a\xff<html>');
  const result = work(verb, name, bytes);
  if (!result) return { code: grpc.status.INVALID_ARGUMENT, details: INVALID };
  return encodeMessage(verb === 'encrypt' ? { 1: Buffer.from(name), 2: result } : { 1: result });
}

/** Encrypts or decrypts; null for what is not a ciphertext of that key. */
function work(verb: string, name: string, bytes: Buffer): Buffer | null {
  const key = createHash('sha256').update(name).digest();
  if (verb === 'encrypt') {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]);
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

/** The wire form of protocol buffers, for messages of short bytes fields: tag, length, bytes. */
function encodeMessage(fields: Readonly<Record<number, Buffer>>): Buffer {
  const parts = Object.entries(fields).map(([number, bytes]) => {
    if (bytes.length > 127) throw new RangeError('a length of one byte is enough for these tests');
    return Buffer.concat([Buffer.from([(Number(number) << 3) | 2, bytes.length]), bytes]);
  });
  return Buffer.concat(parts);
}

function decodeMessage(message: Buffer): Record<number, Buffer> {
  const fields: Record<number, Buffer> = {};
  for (let at = 0; at < message.length; ) {
    const length = message[at + 1] ?? 0;
    fields[(message[at] ?? 0) >> 3] = message.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  return fields;
}
