/** A key service that needs no real keys: it wraps by writing the part down, for the recipients it knows. */
import { SopsError } from '../../../src/errors.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import type { KeyService } from '../../../src/keyservice/keyservice.js';

/** A key whose identity is its name. */
export function keyOf(type: string, name: string, enc = ''): MasterKey {
  const field = new Map([
    ['age', 'recipient'],
    ['pgp', 'fp'],
    ['kms', 'arn'],
  ]).get(type);
  return { type, fields: new Map([[field ?? 'name', name]]), enc };
}

export class MemoryKeyService implements KeyService {
  /** Names of the keys it was asked to open, in order. */
  readonly asked: string[] = [];

  constructor(
    private readonly known: readonly string[],
    private readonly reason = 'not mine',
  ) {}

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    this.check(key);
    return Buffer.from(part).toString('hex');
  }

  async unwrap(key: MasterKey): Promise<Uint8Array> {
    this.asked.push(nameOf(key));
    this.check(key);
    return Uint8Array.from(Buffer.from(key.enc, 'hex'));
  }

  private check(key: MasterKey): void {
    if (!this.known.includes(nameOf(key))) throw new SopsError('key', this.reason);
  }
}

function nameOf(key: MasterKey): string {
  return String([...key.fields.values()][0]);
}
