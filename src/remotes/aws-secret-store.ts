/** What AWS Secrets Manager and Parameter Store have in common as stores of secrets: sizes, marks, and errors that name what was tried. */
import { SopsError } from '../errors.js';
import { awsFailure } from '../services/aws/failure.js';
import type { Session } from '../util/host/host.js';
import { withFreshCredentials } from './aws-client.js';
import type { PlaceWishes, PutResult, Remnant, RemoteSettings } from './remote.js';
import { MAKER, MARKS, type SecretPart, type SecretStore, tagText } from './secret-parts.js';

/** What tells the two services apart. */
export interface AwsStoreTraits {
  /** Of its addresses, e.g. `awsssm`. */
  readonly scheme: string;
  /** What it holds, e.g. `parameters`. */
  readonly things: string;
  /** Bytes that it takes at most, and what to do with more. */
  readonly mostBytes: number;
  readonly whenLarger: string;
  /** Steps by the name of an exception. */
  advice(name: string, error: unknown): string | undefined;
  /** The name, if it is one. Throws `config`. */
  checkedName(name: string): string;
}

/** A store for which its service says how a part is written and what was made. */
export abstract class AwsSecretStore implements SecretStore {
  constructor(
    private readonly traits: AwsStoreTraits,
    protected readonly settings: RemoteSettings,
    protected readonly host: Session,
    private readonly wishes: PlaceWishes,
  ) {}

  /** Writes a part unless it is the same there. */
  protected abstract put(part: SecretPart): Promise<PutResult>;
  /** What has the marks of a base. */
  protected abstract list(base: string): Promise<Remnant[]>;

  url(name: string): string {
    return `${this.traits.scheme}://${name}`;
  }

  nameFor(base: string, key: string): string {
    return this.traits.checkedName(`${base}/${key}`);
  }

  async write(part: SecretPart): Promise<PutResult> {
    const { mostBytes, whenLarger } = this.traits;
    const place = this.url(part.name);
    if (Buffer.byteLength(part.text) > mostBytes) {
      throw new SopsError('failed', `${place} would have more than ${mostBytes} bytes`, { hint: whenLarger });
    }
    return this.trying(`failed to write ${place}`, () => this.put(part));
  }

  async made(base: string): Promise<Remnant[]> {
    return this.trying(`failed to list the ${this.traits.things} of ${this.url(base)}`, () => this.list(base));
  }

  /** By these publish finds again what it made. */
  protected marksOf(part: SecretPart): { Key: string; Value: string }[] {
    return [
      { Key: MARKS.manager, Value: this.wishes.managedBy ?? MAKER },
      { Key: MARKS.base, Value: tagText(part.base) },
      ...(part.key === undefined ? [] : [{ Key: MARKS.key, Value: tagText(part.key) }]),
    ];
  }

  /** Does something, and words what goes wrong. Throws `failed`. */
  protected async trying<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await withFreshCredentials(this.host, action);
    } catch (error) {
      if (error instanceof SopsError && error.code !== 'key') throw error;
      throw awsFailure(doing, error, (name) => this.traits.advice(name, error)).with('failed');
    }
  }
}
