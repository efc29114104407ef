/** `ref+awsssm://PATH`: parameters of AWS Systems Manager. */
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, itemOf, leaf } from '../../tree/tree.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { type AwsClient, type AwsClientSettings, type AwsCommand, AwsStore, type AwsStoreKind } from '../aws-access.js';
import { type Backend, type BackendKind, parameterOf } from '../backend.js';
import { isParameterTrue } from '../boolean-parameter.js';
import { yamlValues } from '../yaml-values.js';

interface ParameterStore {
  readonly SSMClient: new (settings: AwsClientSettings) => AwsClient;
  readonly GetParameterCommand: new (input: {
    readonly Name: string;
    readonly WithDecryption: true;
  }) => AwsCommand<{ readonly Parameter?: StoredParameter }>;
  readonly GetParameterHistoryCommand: new (input: {
    readonly Name: string;
    readonly WithDecryption: true;
    readonly NextToken?: string;
  }) => AwsCommand<ParameterPage>;
  readonly GetParametersByPathCommand: new (input: {
    readonly Path: string;
    readonly Recursive: boolean;
    readonly WithDecryption: true;
    readonly NextToken?: string;
  }) => AwsCommand<ParameterPage>;
}

interface StoredParameter {
  readonly Name?: string;
  readonly Value?: string;
  readonly Version?: number;
}

interface ParameterPage {
  readonly Parameters?: readonly StoredParameter[];
  readonly NextToken?: string;
}

const TITLE = 'AWS Systems Manager';
const KIND: AwsStoreKind = {
  title: TITLE,
  endpoint: 'SSM',
  make: async (settings) => new (await loadParameterStore()).SSMClient(settings),
};

export const awsParameters: BackendKind = {
  open(parameters, context) {
    const own = (name: string): string | undefined => parameterOf(name, parameters, context);
    const [version, mode] = [own('version'), own('mode')];
    if (version !== undefined && !/^\d{1,15}$/.test(version)) {
      throw new SopsError('reference-malformed', 'version is the number of a version of the parameter');
    }
    if (mode !== undefined && mode !== 'singleparam') {
      throw new SopsError('reference-malformed', 'mode is singleparam, or not given');
    }
    return new ParameterReader(new AwsStore(KIND, parameters, context), {
      version: version === undefined ? undefined : Number(version),
      isSingle: mode === 'singleparam',
      isRecursive: isParameterTrue('recursive', parameters, context),
    });
  },
};

interface ParameterReading {
  readonly version: number | undefined;
  /** Whether keys lead into the value of one parameter, instead of to those below a path. */
  readonly isSingle: boolean;
  readonly isRecursive: boolean;
}

class ParameterReader implements Backend {
  readonly #store: AwsStore;
  readonly #reading: ParameterReading;

  constructor(store: AwsStore, reading: ParameterReading) {
    this.#store = store;
    this.#reading = reading;
  }

  async text(path: string): Promise<string> {
    const name = nameOf(path);
    const { version } = this.#reading;
    const value = version === undefined ? await this.#newest(name) : await this.#older(name, version);
    if (value !== undefined) return value;
    const which = version === undefined ? `the parameter ${name}` : `the version ${version} of the parameter ${name}`;
    throw new SopsError('reference-not-found', `${TITLE} does not have ${which}`, {
      hint: `It keeps the last 100 versions; see: aws ssm get-parameter-history --name ${name}`,
    });
  }

  async values(path: string): Promise<Branch> {
    const { isSingle, version } = this.#reading;
    if (isSingle) return yamlValues(await this.text(path), `the parameter ${nameOf(path)}`);
    if (version !== undefined) {
      throw new SopsError(
        'reference-malformed',
        'a version is that of one parameter, and #/KEY asks for those below a path',
        {
          hint: 'Add &mode=singleparam to let keys lead into the value of one parameter, or leave out the fragment.',
        },
      );
    }
    return this.#below(withoutTrailing(nameOf(path), '/'));
  }

  async #newest(name: string): Promise<string | undefined> {
    const { GetParameterCommand } = await loadParameterStore();
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    return (await this.#store.ask(name, command)).Parameter?.Value;
  }

  async #older(name: string, version: number): Promise<string | undefined> {
    const { GetParameterHistoryCommand } = await loadParameterStore();
    const question = { Name: name, WithDecryption: true } as const;
    for await (const one of this.#all(name, (page) => new GetParameterHistoryCommand({ ...question, ...page }))) {
      if (one.Version === version) return one.Value;
    }
    return undefined;
  }

  async #below(path: string): Promise<Branch> {
    const { GetParametersByPathCommand } = await loadParameterStore();
    const question = { Path: path || '/', Recursive: this.#reading.isRecursive, WithDecryption: true } as const;
    const found = new Map<string, string>();
    for await (const { Name, Value } of this.#all(
      path,
      (page) => new GetParametersByPathCommand({ ...question, ...page }),
    )) {
      if (Name?.startsWith(`${path}/`) && Value !== undefined) found.set(Name.slice(path.length + 1), Value);
    }
    if (found.size > 0) return parametersTree(found);
    throw new SopsError('reference-not-found', `${TITLE} has no parameters below ${path}`, {
      hint: 'Leave out the fragment to read a parameter itself, or add ?mode=singleparam to let keys lead into its value.',
    });
  }

  async *#all(
    path: string,
    command: (page: { readonly NextToken?: string }) => AwsCommand<ParameterPage>,
  ): AsyncGenerator<StoredParameter> {
    let next: string | undefined;
    do {
      const page: ParameterPage = await this.#store.ask(path, command(next === undefined ? {} : { NextToken: next }));
      yield* page.Parameters ?? [];
      next = page.NextToken || undefined;
    } while (next !== undefined);
  }
}

/** An ARN is a name as it is. */
function nameOf(path: string): string {
  return path.startsWith('/') || path.startsWith('arn:') ? path : `/${path}`;
}

/** Names with slashes as maps in maps. What others are below is a map, whatever value it has itself. */
function parametersTree(found: ReadonlyMap<string, string>): Branch {
  const root = branch();
  for (const [name, value] of [...found].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const steps = name.split('/');
    const last = steps.pop() ?? '';
    let at = root;
    for (const step of steps) at = branchAt(at, step);
    at.items.push(item(last, leaf(value)));
  }
  return root;
}

function branchAt(parent: Branch, key: string): Branch {
  const found = itemOf(parent, key);
  if (found?.value.kind === 'branch') return found.value;
  const made = branch();
  if (found) found.value = made;
  else parent.items.push(item(key, made));
  return made;
}

function loadParameterStore(): Promise<ParameterStore> {
  return import('../../packages/aws-ssm.js') as Promise<unknown> as Promise<ParameterStore>;
}
