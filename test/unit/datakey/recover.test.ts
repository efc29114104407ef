/** In which order and how much at a time keys are tried, so that nobody waits for what is not needed. */
import { describe, expect } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { sealMac } from '../../../src/cipher/mac.js';
import { createDataKey } from '../../../src/datakey/create.js';
import { DataKey } from '../../../src/datakey/data-key.js';
import { recoverDataKey } from '../../../src/datakey/recover.js';
import { splitSecret } from '../../../src/datakey/shamir.js';
import { SopsError } from '../../../src/errors.js';
import type { KeyGroup, MasterKey } from '../../../src/keys/provider.js';
import type { KeyService } from '../../../src/keyservice/keyservice.js';
import { sampledTest } from '../../support/sweep.js';
import { keyNamed, nameOf } from '../keyservice/services.js';

const test = sampledTest(2);

const LAST_MODIFIED = '2026-01-02T03:04:05Z';
const DATA_KEY = new DataKey(new Uint8Array(32).fill(9));

/** How a key behaves: it opens or fails, after some milliseconds or never. */
interface Behaviour {
  readonly opens: boolean;
  readonly after: number;
}

const opens = (after = 0): Behaviour => ({ opens: true, after });
const fails = (after = 0): Behaviour => ({ opens: false, after });
const HANGS: Behaviour = { opens: false, after: Number.POSITIVE_INFINITY };

/** A key service whose keys behave as told, and which notes what happens. */
class ActingKeyService implements KeyService {
  readonly events: string[] = [];
  mostLocal = 0;
  mostRemote = 0;
  #running = { local: 0, remote: 0 };

  constructor(private readonly behaviours: ReadonlyMap<string, Behaviour>) {}

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    await this.act(key, new AbortController().signal);
    return Buffer.from(part).toString('hex');
  }

  async unwrap(key: MasterKey, signal = new AbortController().signal): Promise<Uint8Array> {
    await this.act(key, signal);
    return Buffer.from(key.enc, 'hex');
  }

  private async act(key: MasterKey, signal: AbortSignal): Promise<void> {
    const name = nameOf(key);
    const kind = ['age', 'pgp'].includes(key.type) ? 'local' : 'remote';
    this.events.push(`${name} begins`);
    this.#running[kind] += 1;
    this.mostLocal = Math.max(this.mostLocal, this.#running.local);
    this.mostRemote = Math.max(this.mostRemote, this.#running.remote);
    const behaviour = this.behaviours.get(name) ?? HANGS;
    const ended = await pause(behaviour.after, signal);
    this.#running[kind] -= 1;
    this.events.push(`${name} ${ended}`);
    if (ended === 'stopped') throw signal.reason;
    if (!behaviour.opens) throw new SopsError('key', `${name} failed`);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<'ends' | 'stopped'> {
  return new Promise((settle) => {
    signal.addEventListener('abort', () => settle('stopped'));
    if (Number.isFinite(milliseconds)) setTimeout(() => settle('ends'), milliseconds);
  });
}

/** A file whose groups hold keys, each `type:name`, and the service that acts them. */
function scene(
  groups: readonly (readonly string[])[],
  behaviours: Readonly<Record<string, Behaviour>>,
  { threshold = groups.length > 1 ? groups.length : 0, mac = true, parts = undefined as Uint8Array[] | undefined } = {},
) {
  const shares =
    parts ?? (groups.length > 1 ? splitSecret(DATA_KEY.bytes, groups.length, threshold) : [DATA_KEY.bytes]);
  const keyGroups: KeyGroup[] = groups.map((group, index) =>
    group.map((text) => {
      const [type = '', name = ''] = text.split(':');
      return keyNamed(type, name, Buffer.from(shares[index] ?? []).toString('hex'));
    }),
  );
  const service = new ActingKeyService(new Map(Object.entries(behaviours)));
  const metadata = {
    keyGroups,
    shamirThreshold: threshold,
    lastModified: LAST_MODIFIED,
    mac: mac ? sealMac(new Cipher(DATA_KEY.bytes), 'MAC', LAST_MODIFIED) : '',
  };
  const recover = (decryptionOrder?: readonly string[]) =>
    recoverDataKey(metadata, { keyServices: [service], decryptionOrder });
  return { service, recover, metadata };
}

const order = (service: ActingKeyService) =>
  service.events.filter((event) => event.endsWith('begins')).map((event) => event.split(' ')[0]);

describe('the keys of a group', () => {
  test('of this machine are tried first, one after another, and what is remote is left alone if one opens', async () => {
    const { service, recover } = scene([['kms:k', 'pgp:p', 'age:a1', 'age:a2']], {
      a1: fails(5),
      a2: fails(5),
      p: opens(5),
    });
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    expect(order(service)).toEqual(['a1', 'a2', 'p']);
    expect(service.mostLocal).toBe(1);
  });

  test('that are remote are tried side by side; the first that opens wins, and the others are stopped', async () => {
    const { service, recover } = scene([['kms:dead', 'gcp_kms:slow', 'hc_vault:good', 'kms:bad', 'age:a']], {
      a: fails(),
      bad: fails(),
      good: opens(20),
      slow: opens(10_000),
    });
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    expect(service.events.slice(0, 2)).toEqual(['a begins', 'a ends']);
    expect(service.mostRemote).toBe(4);
    await new Promise((settle) => setImmediate(settle));
    expect(service.events).toContain('dead stopped');
    expect(service.events).toContain('slow stopped');
  });

  test('that are remote are not all asked when the first of them opens, or one after those that fail at once', async () => {
    const names = ['kms:first', 'gcp_kms:second', 'hc_vault:third'];
    for (const [first, begun] of [
      [opens(50), ['first begins']],
      [fails(50), ['first begins', 'second begins']],
    ] as const) {
      const { service, recover } = scene([names], { first, second: opens(), third: opens() });
      expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
      expect(service.events.filter((event) => event.endsWith('begins'))).toEqual(begun);
    }
  });

  test('may be many, without a warning of Node on standard error', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const names = Array.from({ length: 14 }, (_, at) => `k${at}`);
    const { recover } = scene(
      [names.map((name) => `kms:${name}`)],
      Object.fromEntries(names.map((name) => [name, name === 'k13' ? opens(20) : fails(10)])),
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    await new Promise((settle) => setImmediate(settle));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('are all in the report, in order, when none opens', async () => {
    const { recover } = scene([['kms:k1', 'kms:k2', 'azure_kv:z', 'age:a']], {
      a: fails(),
      k1: fails(20),
      k2: fails(),
      z: fails(10),
    });
    await expect(recover()).rejects.toMatchObject({
      code: 'data-key-not-recovered',
      message: expect.stringContaining('a: FAILED - a failed; k1: FAILED - k1 failed; k2: FAILED - k2 failed; '),
      detail: expect.stringMatching(/^Group 0: FAILED\n(?:\s+[\w/]+: FAILED\n\s+- \| (?:a|k1|k2|z) failed\n){4}/),
    });
  });

  test('follow the order that the user gave, strictly, side by side only within a type', async () => {
    const { service, recover } = scene([['kms:k1', 'kms:k2', 'gcp_kms:g', 'hc_vault:v', 'age:a', 'pgp:p']], {
      k1: fails(20),
      k2: fails(),
      g: fails(),
      a: fails(),
      p: fails(),
      v: opens(),
    });
    expect((await recover(['kms', 'age', 'gcp_kms'])).bytes).toEqual(DATA_KEY.bytes);
    expect(order(service)).toEqual(['k1', 'k2', 'a', 'g', 'p', 'v']);
    const position = (event: string) => service.events.indexOf(event);
    expect(position('k1 ends')).toBeLessThan(position('a begins'));
    expect(position('a ends')).toBeLessThan(position('g begins'));
    expect(position('g ends')).toBeLessThan(position('p begins'));
  });

  test('a defect of a provider is not taken for a key that does not fit', async () => {
    const { recover, service } = scene([['kms:k']], {});
    service.unwrap = () => Promise.reject(new TypeError('a defect'));
    await expect(recover()).rejects.toThrow(TypeError);
  });
});

describe('several groups', () => {
  test('have their remote keys asked for at the same time, after the local keys of all', async () => {
    const { service, recover } = scene([['kms:k0'], ['kms:k1', 'age:a1'], ['kms:k2']], {
      a1: fails(5),
      k0: opens(20),
      k1: opens(20),
      k2: opens(20),
    });
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    expect(service.events.slice(0, 2)).toEqual(['a1 begins', 'a1 ends']);
    expect(service.mostRemote).toBe(3);
  });

  test('of which some are needed have the remote keys of as many asked, and of another for each that fails', async () => {
    const groups = [['kms:k0'], ['kms:k1', 'gcp_kms:g1'], ['kms:k2'], ['kms:k3']];
    for (const [first, begun] of [
      [opens(30), ['k0', 'k1']],
      [fails(30), ['k0', 'k1', 'k2']],
    ] as const) {
      const { service, recover } = scene(
        groups,
        { k0: first, k1: opens(60), k2: opens(), k3: opens() },
        { threshold: 2 },
      );
      expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
      expect(order(service)).toEqual(begun);
    }
  });

  test('of which one was opened on this machine have one less asked', async () => {
    const { service, recover } = scene(
      [['kms:k0'], ['age:a1'], ['kms:k2']],
      { k0: opens(30), a1: opens(), k2: opens() },
      { threshold: 2 },
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    // Which of the two is no matter.
    expect(order(service)).toEqual(['a1', expect.stringMatching(/^k[02]$/)]);
  });

  test('of which one gives no answer have the others asked after a moment, and a foreign part is made up for', async () => {
    const parts = splitSecret(DATA_KEY.bytes, 4, 2);
    parts[1] = splitSecret(new Uint8Array(32).fill(1), 4, 2)[1] as Uint8Array;
    const { recover } = scene(
      [['kms:dead'], ['kms:foreign'], ['kms:k2'], ['kms:k3']],
      { foreign: opens(), k2: opens(), k3: opens() },
      { threshold: 2, parts },
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
  });

  test('have their local keys tried one after another, by type, and remote keys wait for all of them', async () => {
    const { service, recover } = scene([['age:a0'], ['age:b0', 'pgp:b1'], ['age:c0'], ['hc_vault:v']], {
      v: opens(),
      a0: opens(5),
      b0: fails(5),
      b1: opens(5),
      c0: opens(5),
    });
    await recover();
    expect(order(service)).toEqual(['a0', 'b0', 'c0', 'b1', 'v']);
    expect(service.mostLocal).toBe(1);
  });

  test('that are not needed are not waited for', async () => {
    const { service, recover } = scene(
      [['age:a0'], ['kms:dead'], ['kms:good']],
      { a0: opens(), good: opens(10) },
      { threshold: 2 },
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    await new Promise((settle) => setImmediate(settle));
    expect(service.events).toContain('dead stopped');
  });

  test('that are not needed are not even asked', async () => {
    const { service, recover } = scene(
      [['age:a0'], ['kms:k'], ['age:a2'], ['age:prompts']],
      { a0: opens(), a2: opens() },
      { threshold: 2 },
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    expect(order(service)).toEqual(['a0', 'a2']);
  });

  test('are all tried when the file has no MAC to tell whether the key is right', async () => {
    const { service, recover } = scene(
      [['age:a0'], ['age:a1'], ['age:a2']],
      { a0: opens(), a1: opens(), a2: opens() },
      { threshold: 2, mac: false },
    );
    expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    expect(order(service)).toEqual(['a0', 'a1', 'a2']);
  });

  test('make up for a foreign part, wherever it stands', async () => {
    for (const foreign of [0, 1, 2]) {
      const parts = splitSecret(DATA_KEY.bytes, 3, 2);
      parts[foreign] = splitSecret(new Uint8Array(32).fill(1), 3, 2)[foreign] as Uint8Array;
      const behaviours = { a0: opens(), a1: opens(), a2: opens() };
      const { recover } = scene([['age:a0'], ['age:a1'], ['age:a2']], behaviours, { threshold: 2, parts });
      expect((await recover()).bytes).toEqual(DATA_KEY.bytes);
    }
  });

  test('let a prompt come to its end before the key is used', async () => {
    const { service, recover } = scene(
      [['kms:k0'], ['age:prompt'], ['kms:k2']],
      { k0: opens(10), k2: opens(10), prompt: fails(60) },
      { threshold: 2 },
    );
    // With this order the remote keys do not wait for the prompt.
    service.unwrap = ignoringStops(service, 'prompt');
    expect((await recover(['kms', 'age'])).bytes).toEqual(DATA_KEY.bytes);
    expect(service.events).toContain('prompt ends');
  });
});

/** A prompt cannot be stopped. */
function ignoringStops(service: ActingKeyService, name: string): ActingKeyService['unwrap'] {
  const unwrap = service.unwrap.bind(service);
  return (key, signal) => (nameOf(key) === name ? unwrap(key) : unwrap(key, signal));
}

describe('key services', () => {
  test('are asked in order for every key, the next when one fails', async () => {
    const { metadata } = scene([['kms:k1', 'age:a1']], {});
    const first = new ActingKeyService(
      new Map([
        ['a1', fails()],
        ['k1', fails()],
      ]),
    );
    const second = new ActingKeyService(
      new Map([
        ['a1', fails()],
        ['k1', opens()],
      ]),
    );
    await recoverDataKey(metadata, { keyServices: [first, second] });
    expect([order(first), order(second)]).toEqual([
      ['a1', 'k1'],
      ['a1', 'k1'],
    ]);
  });
});

describe('wrapping', () => {
  test('asks remote services side by side and local keys one after another', async () => {
    const behaviour = opens(15);
    const names = ['a0', 'a1', 'k0', 'k1', 'v0'];
    const service = new ActingKeyService(new Map(names.map((name) => [name, behaviour])));
    const keyGroups = [
      [keyNamed('age', 'a0'), keyNamed('kms', 'k0')],
      [keyNamed('kms', 'k1'), keyNamed('age', 'a1'), keyNamed('hc_vault', 'v0')],
    ];
    await createDataKey({ keyGroups, shamirThreshold: 2 }, [service]);
    expect(service.mostLocal).toBe(1);
    expect(service.mostRemote).toBe(3);
    expect(keyGroups.flat().every((key) => key.enc.length === 66)).toBe(true);
  });

  test('names failures in the order of the keys', async () => {
    const service = new ActingKeyService(
      new Map([
        ['slow', fails(20)],
        ['a', fails()],
        ['quick', fails()],
      ]),
    );
    const group = [keyNamed('kms', 'slow'), keyNamed('age', 'a'), keyNamed('kms', 'quick')];
    await expect(createDataKey({ keyGroups: [group], shamirThreshold: 0 }, [service])).rejects.toThrow(
      /"slow": slow failed failed to .* "a": a failed failed to .* "quick": quick failed/,
    );
    expect(group.map((key) => key.enc)).toEqual(['', '', '']);
  });
});
