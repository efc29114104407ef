/** AWS Secrets Manager: a new version becomes the current one only in the place of the one that was read (docs/publish.md#aws-secrets-manager). */
import { SopsError } from '../errors.js';
import { isError } from '../util/realms.js';
import { decodeText } from '../util/text/text.js';
import { clientsBySettings, isAwsException, makePublishingClient, type PublishingSettings } from './aws-client.js';
import { AwsSecretStore, type AwsStoreTraits } from './aws-secret-store.js';
import type { PlainValues, PutResult, Remnant, Remote } from './remote.js';
import { nameBelow } from './secret-names.js';
import { changedThere, MARKS, type SecretPart, secretPlace, tagText } from './secret-parts.js';

type Sdk = typeof import('../packages/aws-secrets-manager.js');
type Client = InstanceType<Sdk['SecretsManagerClient']>;

const NAME = /^[\w/+=.@-]{1,512}$/;
const CURRENT = 'AWSCURRENT';
/** Where a version waits until it is the current one. */
const WAITING = 'SOPS-TS-PENDING';
const ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'A policy has to allow secretsmanager:GetSecretValue, CreateSecret, TagResource, PutSecretValue and UpdateSecretVersionStage.',
  DecryptionFailure: 'The key of the secret is disabled, or your credentials may not use it.',
};

const RESTORE = 'Bring it back first: aws secretsmanager restore-secret --secret-id NAME';
const TRAITS: AwsStoreTraits = {
  scheme: 'awssecrets',
  things: 'secrets',
  mostBytes: 65_536,
  whenLarger: 'Split the file, or write layout: per_key.',
  advice: (name, error) => (isOnItsWayOut(error) ? RESTORE : ADVICE[name]),
  checkedName,
};

export const awsSecretsRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const baseFor = (fileName: string): string =>
      checkedName(nameBelow(settings.get('aws_secretsmanager') ?? '', fileName));
    return secretPlace(settings, new SecretsManagerStore(TRAITS, settings, host, wishes), baseFor);
  },
};

class SecretsManagerStore extends AwsSecretStore {
  protected async put(part: SecretPart): Promise<PutResult> {
    const { GetSecretValueCommand } = await loadSdk();
    const client = await this.#client();
    const found = await client
      .send(new GetSecretValueCommand({ SecretId: part.name, VersionStage: CURRENT }))
      .catch((error: unknown) => {
        if (isAwsException(error, 'ResourceNotFoundException')) return undefined;
        throw error;
      });
    if (!found) return this.#make(part, client);
    const text = found.SecretString ?? (found.SecretBinary ? decodeText(found.SecretBinary) : undefined);
    if (text !== undefined && part.isSame(text)) return 'unchanged';
    return this.#replace(part, found.VersionId, client);
  }

  async #make(part: SecretPart, client: Client): Promise<PutResult> {
    const { CreateSecretCommand } = await loadSdk();
    const made = { Name: part.name, SecretString: part.text, Tags: this.marksOf(part) };
    try {
      await client.send(new CreateSecretCommand(made));
      return 'written';
    } catch (error) {
      // It was made just now, or has no current version.
      if (isAwsException(error, 'ResourceExistsException')) return this.#replace(part, undefined, client);
      throw error;
    }
  }

  /** The service moves a stage only from the version that it is said to be at: so nobody's newer version loses it. */
  async #replace(part: SecretPart, current: string | undefined, client: Client): Promise<PutResult> {
    const { PutSecretValueCommand, UpdateSecretVersionStageCommand } = await loadSdk();
    const id = { SecretId: part.name };
    const made = await client.send(
      new PutSecretValueCommand({ ...id, SecretString: part.text, VersionStages: [WAITING] }),
    );
    const version = made.VersionId;
    const from = current === undefined ? {} : { RemoveFromVersionId: current };
    const move = { ...id, VersionStage: CURRENT, MoveToVersionId: version, ...from };
    try {
      await client.send(new UpdateSecretVersionStageCommand(move));
    } catch (error) {
      if (isAwsException(error, 'InvalidParameterException')) throw changedThere(this.url(part.name));
      throw error;
    } finally {
      const end = { ...id, VersionStage: WAITING, RemoveFromVersionId: version };
      // Somebody who publishes at the same time may have it by now.
      await client.send(new UpdateSecretVersionStageCommand(end)).catch(() => undefined);
    }
    return 'written';
  }

  protected async list(base: string): Promise<Remnant[]> {
    const { paginateListSecrets } = await loadSdk();
    const client = await this.#client();
    const found: Remnant[] = [];
    const filters = [
      { Key: 'tag-key' as const, Values: [MARKS.base] },
      { Key: 'tag-value' as const, Values: [tagText(base)] },
    ];
    for await (const { SecretList = [] } of paginateListSecrets({ client }, { Filters: filters })) {
      for (const { Name: name = '', Tags = [] } of SecretList) {
        // A value is compared as a beginning there.
        if (!Tags.some(({ Key, Value }) => Key === MARKS.base && Value === tagText(base))) continue;
        found.push({ name, remove: () => this.#remove(name, client) });
      }
    }
    return found;
  }

  async #remove(name: string, client: Client): Promise<void> {
    const { DeleteSecretCommand } = await loadSdk();
    await this.trying(`failed to delete ${this.url(name)}`, () =>
      client.send(new DeleteSecretCommand({ SecretId: name })),
    );
  }

  #client(): Promise<Client> {
    return clientsBySettings('SECRETS_MANAGER', this.settings, this.host, async (place) => {
      const { SecretsManagerClient } = await loadSdk();
      const make = async (of: PublishingSettings) => new SecretsManagerClient(of);
      return makePublishingClient({ ...place, make }, this.host);
    });
  }
}

function isOnItsWayOut(error: unknown): boolean {
  return isError(error) && /marked (?:for deletion|deleted)|scheduled for deletion/i.test(error.message);
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new SopsError('config', `${JSON.stringify(name)} is not a name of a secret of AWS Secrets Manager`, {
    hint: 'A name has up to 512 letters, digits and /_+=.@-; an ARN is not a name, since it may be in another account.',
  });
}

function loadSdk(): Promise<Sdk> {
  return import('../packages/aws-secrets-manager.js');
}
