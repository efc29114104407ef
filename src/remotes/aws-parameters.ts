/** AWS Systems Manager Parameter Store: SecureStrings, of which the service numbers the versions (docs/publish.md#aws-parameter-store). */
import { SopsError } from '../errors.js';
import { clientsBySettings, isAwsException, makePublishingClient, type PublishingSettings } from './aws-client.js';
import { AwsSecretStore, type AwsStoreTraits } from './aws-secret-store.js';
import type { PlainValues, PutResult, Remnant, Remote } from './remote.js';
import { nameBelow } from './secret-names.js';
import { changedThere, MARKS, type SecretPart, secretPlace, tagText, writtenOver } from './secret-parts.js';

type Sdk = typeof import('../packages/aws-ssm.js');
type Client = InstanceType<Sdk['SSMClient']>;

const NAME = /^(?:\/[\w.-]+){1,15}$|^[\w.-]+$/;
const KIND = 'SecureString';
const ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'A policy has to allow ssm:GetParameter, PutParameter and AddTagsToResource, and kms:Encrypt and Decrypt with the key.',
};
const TRAITS: AwsStoreTraits = {
  scheme: 'awsssm',
  things: 'parameters',
  mostBytes: 8192,
  whenLarger: 'Write layout: per_key, or use Secrets Manager, which takes 64 KiB.',
  advice: (name) => ADVICE[name],
  checkedName,
};

export const awsParametersRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const baseFor = (fileName: string): string => checkedName(nameBelow(settings.get('aws_ssm') ?? '', fileName));
    return secretPlace(settings, new ParameterStore(TRAITS, settings, host, wishes), baseFor);
  },
};

class ParameterStore extends AwsSecretStore {
  protected async put(part: SecretPart): Promise<PutResult> {
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
    const made = {
      Name: part.name,
      Value: part.text,
      Type: KIND,
      Tier: 'Intelligent-Tiering',
      Tags: this.marksOf(part),
    } as const;
    try {
      await client.send(new PutParameterCommand(made));
      return 'written';
    } catch (error) {
      throw isAwsException(error, 'ParameterAlreadyExists') ? changedThere(this.url(part.name)) : error;
    }
  }

  protected async list(base: string): Promise<Remnant[]> {
    const { paginateDescribeParameters, DeleteParameterCommand } = await loadSdk();
    const client = await this.#client();
    const found: Remnant[] = [];
    const filters = [{ Key: `tag:${MARKS.base}`, Values: [tagText(base)] }];
    for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters: filters })) {
      for (const { Name: name = '' } of Parameters) {
        const remove = (): Promise<void> =>
          this.trying(`failed to delete ${this.url(name)}`, async () => {
            await client.send(new DeleteParameterCommand({ Name: name }));
          });
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

function checkedName(name: string): string {
  if (NAME.test(name) && name.length <= 1011) return name;
  throw new SopsError('config', `${JSON.stringify(name)} is not a name of a parameter`, {
    hint: 'A name is made of letters, digits and _.-, with / before each of up to 15 steps.',
  });
}

function loadSdk(): Promise<Sdk> {
  return import('../packages/aws-ssm.js');
}
