import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nameHash, withNameHash } from '../../../src/kubernetes/kustomize/name-hash.js';
import { stringAt } from '../../../src/kubernetes/manifest/manifest.js';
import { readManifests } from '../../../src/kubernetes/manifest/read.js';
import { buildSecret } from '../../../src/kubernetes/manifest/secret.js';
import fc, { anyCharacter } from '../../support/fast-check.js';
import { vectorText } from '../../support/kubernetes.js';

const rootOf = (text: string) => readManifests(Buffer.from(text))[0]?.root ?? expect.fail();

/** docs/kubernetes/kustomize.md#name-hash once more, by other means: Go's encoder over a map. */
function model(data: Map<string, string>, stringData: Map<string, string>, type: string): string {
  const text = (value: string) =>
    `"${[...value]
      .map((character) => {
        const code = character.codePointAt(0) ?? 0;
        const short = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }[
          character
        ];
        if (short) return short;
        const escaped = code < 0x20 || '<>&\u2028\u2029'.includes(character);
        return escaped ? `\\u${code.toString(16).padStart(4, '0')}` : character;
      })
      .join('')}"`;
  const map = (of: Map<string, string>) =>
    `{${[...of.keys()]
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .map((key) => `${text(key)}:${text(of.get(key) ?? '')}`)
      .join(',')}}`;
  const strings = stringData.size > 0 ? `"stringData":${map(stringData)},` : '';
  const json = `{"data":${data.size > 0 ? map(data) : '""'},"kind":"Secret","name":"",${strings}"type":${text(type)}}`;
  const hex = createHash('sha256').update(json).digest('hex');
  return hex.slice(0, 10).replace(/[013ae]/g, (digit) => ({ 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' })[digit] ?? '');
}

describe('the hash behind names', () => {
  test('is kustomize’s own', () => {
    expect(nameHash(rootOf('apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata: {name: x}\ndata: {k: dg==}\n'))).toBe(
      'ftgtgc4t9f',
    );
  });

  test.each(['ksops/hash-escapes/kustomize.yaml', 'ksops/needs-hash/kustomize.yaml', 'ksops/overlay/kustomize.yaml'])(
    '%s',
    (path) => {
      const hashed = readManifests(Buffer.from(vectorText(path))).filter(
        ({ root }) => stringAt(root, 'kind') === 'Secret',
      );
      const found = hashed.flatMap(({ root }) => {
        const suffix = /-([a-z0-9]{10})$/.exec(stringAt(root, 'metadata', 'name') ?? '')?.[1];
        return suffix ? [[nameHash(root), suffix]] : [];
      });
      expect(found.length).toBeGreaterThan(0);
      for (const [ours, theirs] of found) expect(ours).toBe(theirs);
    },
  );

  test('agrees with a model of it', () => {
    const texts = fc.dictionary(fc.stringMatching(/^[-._a-zA-Z0-9]{1,8}$/), fc.string({ unit: anyCharacter }), {
      maxKeys: 5,
    });
    fc.assert(
      fc.property(texts, texts, fc.constantFrom('', 'Opaque', 'a/b'), (data, strings, type) => {
        const stringData = new Map(Object.entries(strings).map(([key, text]) => [key, text.toWellFormed()]));
        const bytes = new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)]));
        const encoded = new Map([...bytes].map(([key, value]) => [key, value.toString('base64')]));
        const root = buildSecret({ name: 'x', type, data: bytes, stringData });
        expect(nameHash(root)).toBe(model(encoded, stringData, type));
      }),
      { numRuns: 200 },
    );
  });

  test('of a ConfigMap counts its binary data; other kinds have none', () => {
    const one = rootOf('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n');
    const other = rootOf('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\nbinaryData: {c: dg==}\n');
    expect(nameHash(one)).not.toBe(nameHash(other));
    expect(stringAt(withNameHash(one), 'metadata', 'name')).toBe(`x-${nameHash(one)}`);
    expect(() => nameHash(rootOf('kind: Pod\n'))).toThrow('only Secrets and ConfigMaps');
  });
});
