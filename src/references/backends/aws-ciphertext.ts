/** `ref+awskms://CIPHERTEXT`: what a key of AWS KMS opens. */
import { SopsError } from '../../errors.js';
import { decodeText } from '../../util/text/text.js';
import { type AwsClient, type AwsClientSettings, type AwsCommand, AwsStore, type AwsStoreKind } from '../aws-access.js';
import { type BackendKind, parameterOf } from '../backend.js';
import { ciphertextOfPath } from '../ciphertext-path.js';
import { textOfValue } from '../value-text.js';
import { yamlValues } from '../yaml-values.js';

interface KeyService {
  readonly KMSClient: new (settings: AwsClientSettings) => AwsClient;
  readonly DecryptCommand: new (input: CiphertextQuestion) => AwsCommand<{ readonly Plaintext?: Uint8Array }>;
}

interface CiphertextUse {
  readonly KeyId?: string;
  readonly EncryptionAlgorithm?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

interface CiphertextQuestion extends CiphertextUse {
  readonly CiphertextBlob: Uint8Array;
}

const ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
const CALLED = 'the ciphertext';
const KIND: AwsStoreKind = {
  title: 'AWS KMS',
  endpoint: 'KMS',
  make: async (settings) => new (await loadKeyService()).KMSClient(settings),
};

export const awsCiphertext: BackendKind = {
  open(parameters, context) {
    const own = (name: string): string | undefined => parameterOf(name, parameters, context);
    const [key, algorithm, encryptionContext] = [own('key'), own('alg'), own('context')];
    if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) {
      throw new SopsError('reference-malformed', `alg is one of ${ALGORITHMS.join(', ')}`);
    }
    const use: CiphertextUse = {
      ...(key === undefined ? {} : { KeyId: key }),
      ...(algorithm === undefined ? {} : { EncryptionAlgorithm: algorithm }),
      ...(encryptionContext === undefined ? {} : { EncryptionContext: contextOf(encryptionContext) }),
    };
    // The region of the key is the ciphertext's.
    const place = key?.startsWith('arn:') ? key : CALLED;
    const store = new AwsStore(KIND, parameters, context);
    const text = async (path: string): Promise<string> => {
      const { DecryptCommand } = await loadKeyService();
      const command = new DecryptCommand({ CiphertextBlob: ciphertextOfPath(path), ...use });
      const { Plaintext } = await store.ask(place, command);
      if (Plaintext) return decodeText(Plaintext);
      throw new SopsError('failed', 'the answer of AWS KMS has no plaintext');
    };
    return { text, values: async (path) => yamlValues(await text(path), 'the plaintext') };
  },
};

/** A map of texts, as JSON or YAML. */
function contextOf(text: string): Record<string, string> {
  const malformed = (): SopsError =>
    new SopsError('reference-malformed', 'context is a map of texts, as {"NAME":"VALUE"}');
  try {
    const pairs = yamlValues(text, 'context').items.flatMap((entry) => {
      if (entry.kind !== 'item') return [];
      const own = entry.value.kind === 'leaf' ? textOfValue(entry.value) : undefined;
      if (own === undefined) throw malformed();
      return [[entry.key, own] as const];
    });
    return Object.fromEntries(pairs);
  } catch {
    throw malformed();
  }
}

function loadKeyService(): Promise<KeyService> {
  return import('../../packages/aws-kms.js') as Promise<unknown> as Promise<KeyService>;
}
