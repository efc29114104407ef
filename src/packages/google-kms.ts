/**
 * Google's own client of Cloud KMS over gRPC. It is a bundle of its own in the package (.ci/build.mjs), so it imports nothing of ours.
 *
 * Its description of the service has 35 methods and those of three further services, and parsing that takes 0.4 s whenever a client is
 * made. So it is cut down to the two methods that are called.
 */
import { KeyManagementServiceClient } from '@google-cloud/kms/build/src/v1/key_management_service_client.js';
import type * as Grpc from '@grpc/grpc-js';
import gax, { type CallOptions, type protobuf } from 'google-gax';

// The client tells its log every request and answer, and so the parts of data keys. Without this the environment could have it written.
gax.loggingUtils.setBackend(null);

/** The calls of the service. Each rejects with an error that has a gRPC status as `code`, once its signal is aborted with CANCELLED. */
export interface GcpKmsClient {
  /** What is made of plaintext; undefined when the answer holds nothing. */
  encrypt(name: string, plaintext: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** What is made of ciphertext; undefined when the answer holds nothing. */
  decrypt(name: string, ciphertext: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

export interface KmsClientSettings {
  /** The package for gRPC, so that there is one of it. */
  readonly grpc: typeof Grpc;
  readonly host: string;
  readonly port: number;
  /** The domain of Google, or of another cloud of its making; the caller answers for the credentials being of it. */
  readonly universe: string;
  /** TLS, and the token with every call. */
  readonly credentials: Grpc.ChannelCredentials;
  /** The end of one call, in milliseconds. */
  readonly timeout: number;
  /** Whether the proxy counts that the environment of the process names; the package knows no other. */
  readonly usesProxy: boolean;
}

/** A client that is not connected yet. It connects when it is called, tries nothing again, and does not keep the process running. */
export function makeKmsClient(settings: KmsClientSettings): GcpKmsClient {
  const { grpc, host, port, universe, credentials, timeout, usesProxy } = settings;
  // The package asks this for nothing else, given the credentials of the channel.
  const auth = { getUniverseDomain: async () => universe } as unknown as InstanceType<typeof gax.GoogleAuth>;
  const place = { apiEndpoint: host, port, universeDomain: universe, sslCreds: credentials };
  // Settings for clients may stand in the DNS. Google has none there: a question more, which others could answer.
  const quietly = { 'grpc.service_config_disable_resolution': 1, 'grpc.enable_http_proxy': usesProxy ? 1 : 0 };
  const options = { grpc, auth, ...place, ...quietly };
  const client = new KeyManagementServiceClient({ ...options }, CUT_DOWN as unknown as typeof gax);
  const calling = async <T>(
    signal: AbortSignal | undefined,
    call: (options: CallOptions) => Promise<[T, ...unknown[]]>,
  ) => {
    const { interceptor, release } = endingWith(signal, grpc);
    try {
      // The package's own patience would end in a sentence about its retries.
      return (await call({ timeout, retry: null, otherArgs: { options: { interceptors: [interceptor] } } }))[0];
    } finally {
      release();
    }
  };
  return {
    async encrypt(name, plaintext, signal) {
      return bytesOf((await calling(signal, (how) => client.encrypt({ name, plaintext }, how))).ciphertext);
    },
    async decrypt(name, ciphertext, signal) {
      return bytesOf((await calling(signal, (how) => client.decrypt({ name, ciphertext }, how))).plaintext);
    },
  };
}

/** The promises of the package cannot be given up, but the calls below them can. */
function endingWith(signal: AbortSignal | undefined, grpc: typeof Grpc) {
  let call: Grpc.InterceptingCall | undefined;
  const end = (): void => call?.cancelWithStatus(grpc.status.CANCELLED, 'nobody waits for the answer any more');
  signal?.addEventListener('abort', end, { once: true });
  return {
    interceptor: (options: Grpc.InterceptorOptions, next: Grpc.NextCall) => {
      call = new grpc.InterceptingCall(next(options));
      if (signal?.aborted) setImmediate(end);
      return call;
    },
    release: () => signal?.removeEventListener('abort', end),
  };
}

/** A field that the answer does not have is empty. */
function bytesOf(field: Uint8Array | string | null | undefined): Uint8Array | undefined {
  return field instanceof Uint8Array && field.length > 0 ? field : undefined;
}

/** Of a service's description, as far as it is gone through here. */
interface Description {
  readonly nested: Readonly<Record<string, Description>>;
  readonly methods: Readonly<Record<string, object>>;
}

/** What the two methods are described by; the client itself asks for the last ones when it is made. */
const KMS_TYPES = [
  'EncryptRequest',
  'EncryptResponse',
  'DecryptRequest',
  'DecryptResponse',
  'ProtectionLevel',
  'DeleteCryptoKeyMetadata',
  'DeleteCryptoKeyVersionMetadata',
];
const COMMON_TYPES = ['Int64Value', 'Empty'];

const SERVICE = 'google.cloud.kms.v1.KeyManagementService';

/** The one root of what is used, which the client asks for twice. */
function rootOf(description: object): protobuf.Root {
  known ??= gax.protobuf.Root.fromJSON(cutDown(description) as protobuf.INamespace);
  return known;
}

let known: protobuf.Root | undefined;

function cutDown(description: object): object {
  const { google } = (description as Description).nested;
  const kms = google?.nested.cloud?.nested.kms?.nested.v1?.nested ?? {};
  const service = { methods: pick(kms.KeyManagementService?.methods ?? {}, ['Encrypt', 'Decrypt']) };
  const v1 = { nested: { ...pick(kms, KMS_TYPES), KeyManagementService: service } };
  const protobuf = { nested: pick(google?.nested.protobuf?.nested ?? {}, COMMON_TYPES) };
  return { nested: { google: { nested: { protobuf, cloud: { nested: { kms: { nested: { v1 } } } } } } } };
}

function pick<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

/** The two methods as gRPC's own package takes them. The other package that makes these from a description writes all of it anew first. */
function serviceOf(root: protobuf.Root): Grpc.ServiceDefinition {
  const service = root.lookupService(SERVICE);
  const methods = service.methodsArray.map(
    ({ name, requestType, responseType }): [string, Grpc.MethodDefinition<object, object>] => {
      const [request, response] = [requestType, responseType].map((type) => codecOf(service.parent?.lookupType(type)));
      if (!request || !response) throw new TypeError(`the types of ${name} are not described`);
      return [
        name,
        {
          path: `/${SERVICE}/${name}`,
          // The client calls them so.
          originalName: name.toLowerCase(),
          requestStream: false,
          responseStream: false,
          requestSerialize: request.write,
          requestDeserialize: request.read,
          responseSerialize: response.write,
          responseDeserialize: response.read,
        },
      ];
    },
  );
  return Object.fromEntries(methods);
}

function codecOf(type: protobuf.Type | undefined) {
  if (!type) return undefined;
  return {
    write: (value: object) => Buffer.from(type.encode(type.fromObject(value)).finish()),
    read: (bytes: Buffer) => type.toObject(type.decode(bytes), { longs: String, enums: String, defaults: true }),
  };
}

class CutDownGrpc extends gax.GrpcClient {
  override loadProtoJSON(description: object) {
    return this.grpc.loadPackageDefinition({ [SERVICE]: serviceOf(rootOf(description)) });
  }

  /** The credentials of the channel are made already; the package would start a program for these. */
  override async _detectClientCertificate(): Promise<[]> {
    return [];
  }
}

/** A service that is not called. */
class Unused {
  async close(): Promise<void> {
    // There is nothing to let go of.
  }
}

const CUT_DOWN = {
  ...gax,
  GrpcClient: CutDownGrpc,
  protobufFromJSON: rootOf,
  IamClient: Unused,
  LocationsClient: Unused,
  lro: () => ({ operationsClient: () => new Unused() }),
};
