/** Failures of gRPC calls, in the words of SOPS (docs/keyservice.md#protocol). */
import type { ServiceError } from '@grpc/grpc-js';
import { SopsError } from '../errors.js';

/** The status codes of gRPC by number, as Go spells them. */
const CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

export type RpcCode = (typeof CODES)[number];

/** What the system calls failures to connect, in the words that scripts know from SOPS. */
const DIAL_REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['ENOENT', 'connect: no such file or directory'],
  ['EACCES', 'connect: permission denied'],
  ['ENOTSOCK', 'connect: connection refused'],
  ['ETIMEDOUT', 'i/o timeout'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
]);

export function rpcError(code: RpcCode, description: string, cause?: unknown): SopsError {
  return new SopsError('key', `rpc error: code = ${code} desc = ${description}`, { cause });
}

/** No connection: `target` is network and address, e.g. `tcp 127.0.0.1:5000`. */
export function dialError(target: string, reason: string, cause?: unknown): SopsError {
  const words = `transport: Error while dialing: dial ${target}: ${reason}`;
  return rpcError('Unavailable', `connection error: desc = "${words}"`, cause).with('key', {
    hint: 'Check that a key service runs there (sops-ts keyservice), and the URI of --keyservice.',
  });
}

/** The failure of a call as the gRPC package gives it: a numbered code and details. */
export function callError(target: string, failure: { code: number; details: string }): SopsError {
  const code = CODES[failure.code] ?? 'Unknown';
  const systemCode = /\b(E[A-Z]{3,})\b/.exec(failure.details)?.[1] ?? '';
  const reason = DIAL_REASONS.get(systemCode);
  if (code === 'Unavailable' && reason !== undefined) return dialError(target, reason, failure);
  if (/^Name resolution failed/.test(failure.details)) return dialError(target, 'lookup: no such host', failure);
  // The package remembers a failed connection for a while, but not always why it failed.
  if (/^No connection established/.test(failure.details)) return dialError(target, 'connect: no connection', failure);
  const hint = STEPS.get(code);
  const error = rpcError(code, failure.details, failure);
  return hint === undefined ? error : error.with('key', { hint });
}

/** What the gRPC package says itself of a message that is too long for either side, with the status of a service that has no more to give. */
const TOO_LONG = /larger than max/;

/** Whether a failure is a service's word that it has too much to do now, so that it is worth while to ask again later. */
export function isBusy(error: unknown): boolean {
  const { code, details, metadata } = ((error instanceof SopsError && error.cause) || {}) as Partial<ServiceError>;
  if (code === undefined) return false;
  if (CODES[code] === 'ResourceExhausted') return !TOO_LONG.test(String(details));
  // Only what a service has sent comes with something of it; the package says the same of connections that there are none of.
  return CODES[code] === 'Unavailable' && Object.keys(metadata?.getMap() ?? {}).length > 0;
}

/** What to do about a service's refusals. */
const STEPS: ReadonlyMap<RpcCode, string> = new Map([
  ['PermissionDenied', 'Whoever runs that key service refused the request: ask them.'],
  ['Unimplemented', 'Something else than a key service answers there: check the URI of --keyservice.'],
  ['Internal', 'Something else than a key service seems to answer there: check the URI of --keyservice.'],
  ['Unknown', 'The key service has the reason from its own machine: see there what it may use (sops-ts doctor).'],
]);
