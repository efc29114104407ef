/** AWS Systems Manager Parameter Store: SecureStrings, of which the service numbers the versions (docs/publish.md#aws-parameter-store). */
import { SopsError } from '../errors.js';
import { awsFailure } from '../services/aws/failure.js';
import type { Session } from '../util/host.js';
import { clientsBySettings, isAwsException, makePublishingClient, type PublishingSettings } from './aws-client.js';
import type { PlaceWishes, PlainValues, PutResult, Remnant, Remote, RemoteSettings } from './remote.js';
import { nameBelow } from './secret-names.js';
import {
  changedThere,
  MAKER,
  MARKS,
  type SecretPart,
  type SecretShelf,
  secretPlace,
  tagText,
  writtenOver,
} from './secret-parts.js';

type Sdk = typeof import('../packages/aws-ssm.js');
type Client = InstanceType<Sdk['SSMClient']>;

const NAME = /^(?:\/[\w.-]+){1,15}$|^[\w.-]+$/;
const MOST_BYTES = 8192;
const KIND = 'SecureString';
const ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'A policy has to allow ssm:GetParameter, PutParameter and AddTagsToResource, and kms:Encrypt and Decrypt with the key.',
};

export const awsParametersRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const baseFor = (fileName: string): string => checkedName(nameBelow(settings.get('aws_ssm') ?? '', fileName));
    return secretPlace(settings, new Shelf(settings, host, wishes), baseFor);
  },
};

class Shelf implements SecretShelf {
  constructor(
    private readonly settings: RemoteSettings,
    private readonly host: Session,
    private readonly wishes: PlaceWishes,
  ) {}

  url(name: string): string {
    return `awsssm://${name}`;
  }

  nameFor(base: string, key: string): string {
    return checkedName(`${base}/${key}`);
  }

  async write(part: SecretPart): Promise<PutResult> {
    if (Buffer.byteLength(part.text) > MOST_BYTES) {
      throw new SopsError('failed', `${this.url(part.name)} would have more than ${MOST_BYTES} bytes`, {
        hint: 'Write layout: per_key, or use Secrets Manager, which takes 64 KiB.',
      });
    }
    try {
      return await this.#write(part);
    } catch (error) {
      throw failure(`failed to write ${this.url(part.name)}`, error);
    }
  }

  async made(base: string): Promise<Remnant[]> {
    try {
      return await this.#made(base);
    } catch (error) {
      throw failure(`failed to list the parameters of ${this.url(base)}`, error);
    }
  }

  async #write(part: SecretPart): Promise<PutResult> {
    const { GetParameterCommand, PutParameterCommand } = await loadSdk();
    const client = await this.#client();
    const { name: Name, text: Value } = part;
    const question = new GetParameterCommand({ Name, WithDecryption: true });
    const found = await client.send(question).catch((error: unknown) => {
      if (isAwsException(error, 'ParameterNotFound')) return undefined;
      throw error;
    });
    if (!found?.Parameter) return this.#make(part, client);
    const { Value: text, Type: type, Version: version = 0 } = found.Parameter;
    if (type !== KIND) {
      throw new SopsError('failed', `the parameter is a ${type}, which is not encrypted`, {
        hint: 'Delete it, or choose another name: a parameter does not become a SecureString.',
      });
    }
    if (text !== undefined && part.isSame(text)) return 'unchanged';
    const written = await client.send(
      new PutParameterCommand({ Name, Value, Type: KIND, Overwrite: true, Tier: 'Intelligent-Tiering' }),
    );
    // The service cannot be told which version is to be replaced, but says what the new one is.
    if ((written.Version ?? 0) <= version + 1) return 'written';
    throw writtenOver(this.url(Name), `${(written.Version ?? 0) - 1}`);
  }

  async #make(part: SecretPart, client: Client): Promise<PutResult> {
    const { PutParameterCommand } = await loadSdk();
    const marks = [
      { Key: MARKS.manager, Value: this.wishes.managedBy ?? MAKER },
      { Key: MARKS.base, Value: tagText(part.base) },
      ...(part.key === undefined ? [] : [{ Key: MARKS.key, Value: tagText(part.key) }]),
    ];
    const made = { Name: part.name, Value: part.text, Type: KIND, Tier: 'Intelligent-Tiering', Tags: marks } as const;
    try {
      await client.send(new PutParameterCommand(made));
      return 'written';
    } catch (error) {
      throw isAwsException(error, 'ParameterAlreadyExists') ? changedThere(this.url(part.name)) : error;
    }
  }

  async #made(base: string): Promise<Remnant[]> {
    const { paginateDescribeParameters, DeleteParameterCommand } = await loadSdk();
    const client = await this.#client();
    const found: Remnant[] = [];
    const filters = [{ Key: `tag:${MARKS.base}`, Values: [tagText(base)] }];
    for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters: filters })) {
      for (const { Name: name = '' } of Parameters) {
        const remove = async (): Promise<void> => {
          await client.send(new DeleteParameterCommand({ Name: name })).catch((error: unknown) => {
            throw failure(`failed to delete ${this.url(name)}`, error);
          });
        };
        found.push({ name, remove });
      }
    }
    return found;
  }

  #client(): Promise<Client> {
    return clientsBySettings('SSM', this.settings, this.host, async (place) => {
      const { SSMClient } = await loadSdk();
      const make = async (of: PublishingSettings) => new SSMClient(of);
      return makePublishingClient({ ...place, make }, this.host);
    });
  }
}

function failure(doing: string, error: unknown): SopsError {
  if (error instanceof SopsError && error.code !== 'key') return error;
  return awsFailure(doing, error, (name) => ADVICE[name]).with('failed');
}

function checkedName(name: string): string {
  if (NAME.test(name) && name.length <= 1011) return name;
  throw new SopsError('config', `${JSON.stringify(name)} is no name of a parameter`, {
    hint: 'A name is made of letters, digits and _.-, with / before each of up to 15 steps.',
  });
}

function loadSdk(): Promise<Sdk> {
  return import('../packages/aws-ssm.js');
}
