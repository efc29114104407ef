/** `ref+awssecrets://NAME`: AWS Secrets Manager. */
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, itemOf, leaf } from '../../tree/tree.js';
import { decodeText } from '../../util/text/text.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { type AwsClient, type AwsClientSettings, type AwsCommand, AwsStore, type AwsStoreKind } from '../aws-access.js';
import { type Backend, type BackendKind, parameterOf } from '../backend.js';
import { textOfValue } from '../value-text.js';
import { yamlValues } from '../yaml-values.js';

interface SecretsManager {
  readonly SecretsManagerClient: new (settings: AwsClientSettings) => AwsClient;
  readonly GetSecretValueCommand: new (input: SecretQuestion) => AwsCommand<SecretAnswer>;
}

interface SecretQuestion extends SecretVersion {
  readonly SecretId: string;
}

interface SecretVersion {
  readonly VersionId?: string;
  readonly VersionStage?: string;
}

interface SecretAnswer {
  readonly SecretString?: string;
  readonly SecretBinary?: Uint8Array;
}

const KIND: AwsStoreKind = {
  title: 'AWS Secrets Manager',
  endpoint: 'SECRETS_MANAGER',
  make: async (settings) => new (await loadSecretsManager()).SecretsManagerClient(settings),
};

/** In a secret PATH/meta: the names below PATH that make up the map, as vals has it. */
const LISTED = 'github.com/helmfile/vals';

export const awsSecrets: BackendKind = {
  open(parameters, context) {
    const own = (name: string): string | undefined => parameterOf(name, parameters, context);
    const [id, stage] = [own('version_id'), own('version_stage')];
    const version = { ...(id ? { VersionId: id } : {}), ...(stage ? { VersionStage: stage } : {}) };
    return new SecretReader(new AwsStore(KIND, parameters, context), version);
  },
};

class SecretReader implements Backend {
  readonly #store: AwsStore;
  readonly #version: SecretVersion;

  constructor(store: AwsStore, version: SecretVersion) {
    this.#store = store;
    this.#version = version;
  }

  async text(path: string): Promise<string> {
    const { GetSecretValueCommand } = await loadSecretsManager();
    const command = new GetSecretValueCommand({ SecretId: path, ...this.#version });
    const { SecretString: text, SecretBinary: bytes } = await this.#store.ask(path, command);
    if (text !== undefined) return text;
    if (bytes) return decodeText(bytes);
    throw new SopsError('reference-not-found', `the secret ${path} of AWS Secrets Manager has no value`);
  }

  async values(path: string): Promise<Branch> {
    let text: string;
    try {
      text = await this.text(path);
    } catch (error) {
      const listed = isRefusal(error) && !path.startsWith('arn:') ? await this.#listed(path) : undefined;
      if (!listed) throw error;
      return listed;
    }
    return yamlValues(text, `the secret ${path}`);
  }

  /** The secrets below a path, where one of them lists them; undefined where none does. */
  async #listed(path: string): Promise<Branch | undefined> {
    const base = withoutTrailing(path, '/');
    const meta = await this.text(`${base}/meta`).catch((error: unknown) => {
      if (isRefusal(error)) return undefined;
      throw error;
    });
    const list = meta === undefined ? undefined : itemOf(yamlValues(meta, `the secret ${base}/meta`), LISTED)?.value;
    if (list?.kind !== 'list') return undefined;
    const names = list.items.flatMap((entry) => (entry.kind === 'leaf' ? (textOfValue(entry) ?? []) : []));
    const own = names.map((name) => name.replace(/^\/+/, ''));
    return branch(await Promise.all(own.map(async (name) => item(name, leaf(await this.text(`${base}/${name}`))))));
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SopsError && (error.code === 'reference-not-found' || error.code === 'store-denied');
}

function loadSecretsManager(): Promise<SecretsManager> {
  return import('../../packages/aws-secrets-manager.js') as Promise<unknown> as Promise<SecretsManager>;
}
