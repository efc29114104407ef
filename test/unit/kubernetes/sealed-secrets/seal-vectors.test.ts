/** The recorded runs of kubeseal, done by `seal` and `unseal`: the same objects, the same refusals. */
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Desk } from '../../../support/desk.js';
import { SEALED_VECTORS, type SealedVector, sealedFixture, sealedPath } from '../../../support/sealed.js';

/** Read by kubeseal as YAML 1.1: `name: n` and bare numbers among the values. */
const OLD_YAML = new Set(['namespace-flag', 'yaml11-scalars']);

const desk = new Desk();

/** The text without what differs in every run. */
const masked = (text: string): string => text.replaceAll(/\bA[QYg][A-Za-z0-9+/]{300,}=*/g, 'VALUE');

/** kubeseal writes an empty value as null, which we never do. */
const objects = (text: string): unknown[] =>
  parseAllDocuments(text.replaceAll(/: null$/gm, ': ""')).map((document) => document.toJS());

const certificate = ({ cert = 'keys/a.cert.pem' }: SealedVector): string[] => ['--cert', sealedPath(cert)];
const flags = ({ id, args = [] }: SealedVector): string[] => [...args, ...(OLD_YAML.has(id) ? ['--yaml11'] : [])];
const unsealed = (text: string | Uint8Array, { key = 'keys/a.key.pem' }: SealedVector) =>
  desk.run(['unseal', '--keep-owner', '--private-key', sealedPath(key)], { stdin: text });

const sealing = SEALED_VECTORS.filter(({ secret, sealed, exit }) => secret && sealed && exit === 0);
/** Of `u-two-docs` kubeseal opens the first document; the second one is of another name. */
const opening = SEALED_VECTORS.filter(({ id, sealed, unsealed }) => sealed && unsealed && id !== 'u-two-docs');
const failing = SEALED_VECTORS.filter(({ secret, exit }) => secret && exit === 1);

describe('sealing', () => {
  test.each(sealing.map((vector) => [vector.id, vector] as const))(
    '%s gives the object of kubeseal',
    async (_id, vector) => {
      const { secret = '', sealed = '', unsealed: expected = '' } = vector;
      const form = sealed.endsWith('.json') ? ['-o', 'json'] : [];
      const ran = await desk.run(['seal', sealedPath(secret), ...certificate(vector), ...flags(vector), ...form]);
      expect(ran.status, ran.stderr).toBe(0);
      expect(masked(ran.stdout.toString())).toBe(masked(sealedFixture(sealed)));
      const opened = await unsealed(ran.stdout, vector);
      // kubeseal opens the first document only.
      expect(objects(opened.stdout.toString())[0]).toEqual(objects(sealedFixture(expected))[0]);
    },
  );

  test.each(failing.map((vector) => [vector.id, vector] as const))('%s is refused', async (id, vector) => {
    const { secret = '', stderr = '' } = vector;
    const ran = await desk.run(['seal', sealedPath(secret), ...certificate(vector), ...flags(vector)]);
    expect(ran.status).not.toBe(0);
    expect(ran.stdout.length).toBe(0);
    const words = id === 'err-list-value' ? 'stringData.a is a list, not a text' : stderr.replace('error: ', '').trim();
    expect(ran.stderr).toContain(words);
  });

  test('a certificate that has expired is refused', async () => {
    const words = ['seal', sealedPath('small/secret.yaml'), '--cert', sealedPath('keys/expired.cert.pem')];
    const ran = await desk.run(words);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('failed to encrypt using an expired certificate on November 22, 2026');
  });
});

describe('merging', () => {
  test.each(['merge-strict', 'merge-cluster-with-flag', 'merge-cluster-without-flag'])('%s', async (id) => {
    const vector = SEALED_VECTORS.find((one) => one.id === id);
    if (!vector?.before || !vector.secret || !vector.after) throw new Error(id);
    desk.write('target.yaml', sealedFixture(vector.before));
    const words = ['seal', sealedPath(vector.secret), ...certificate(vector), ...flags(vector)];
    const ran = await desk.run([...words, '--merge-into', 'target.yaml']);
    expect(ran, ran.stderr).toMatchObject({ status: 0 });
    expect(ran.stdout.toString()).toBe('');
    expect(objects(masked(desk.text('target.yaml')))).toEqual(objects(masked(sealedFixture(vector.after))));
    // Without the flag, too, the values get the scope of the target, so that they open; those of kubeseal do not.
    const opened = await unsealed(desk.text('target.yaml'), vector);
    const expected = vector.unsealed ?? 'merge-cluster-with-flag/unsealed.yaml';
    expect(objects(opened.stdout.toString())).toEqual(objects(sealedFixture(expected)));
  });
});

describe('opening', () => {
  test.each(opening.map((vector) => [vector.id, vector] as const))(
    '%s gives the Secret of kubeseal',
    async (_id, vector) => {
      const ran = await unsealed(sealedFixture(vector.sealed ?? ''), vector);
      expect(ran.status, ran.stderr).toBe(0);
      const [first] = objects(ran.stdout.toString()) as { data: Record<string, string> }[];
      const [expected] = objects(sealedFixture(vector.unsealed ?? '')) as { data: Record<string, string> }[];
      expect(first).toEqual(expected);
    },
  );

  test('all documents are opened, where kubeseal opens the first', async () => {
    const ran = await unsealed(sealedFixture('multi/sealed.yaml'), { id: 'multi', about: '' });
    expect(objects(ran.stdout.toString())).toHaveLength(2);
  });

  test('nothing is printed when one of them does not open', async () => {
    const ran = await unsealed(sealedFixture('u-two-docs/sealed.yaml'), { id: 'u-two-docs', about: '' });
    expect(ran).toMatchObject({ status: 1 });
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toContain('SealedSecret prod/zz: no key could decrypt secret (user)');
  });

  test('what was renamed, widened, tampered with, or sealed for another key fails with one text', async () => {
    const texts = new Set<string>();
    for (const id of ['u-renamed', 'u-widened', 'u-tampered', 'u-wrong-key']) {
      const vector = SEALED_VECTORS.find((one) => one.id === id);
      const ran = await unsealed(sealedFixture(vector?.sealed ?? ''), vector ?? ({} as SealedVector));
      expect(ran).toMatchObject({ status: 1 });
      expect(ran.stdout.toString()).toBe('');
      expect(ran.stderr).toContain((vector?.unseal_stderr ?? '').replace('error: ', '').trim());
      texts.add(ran.stderr.replaceAll(/SealedSecret \S+/g, 'SealedSecret'));
    }
    expect(texts.size).toBe(1);
  });
});
