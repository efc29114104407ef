import { describe, expect, test } from 'vitest';
import { checkDecrypted, checkIdentified } from '../../../src/kubernetes/manifest/decrypted-check.js';
import { madeManifest } from '../../../src/kubernetes/manifest/manifest.js';
import { printManifests } from '../../../src/kubernetes/manifest/print.js';
import { readManifests } from '../../../src/kubernetes/manifest/read.js';
import {
  buildSecret,
  checkSecret,
  secretProblems,
  withDataOnly,
  withStringData,
} from '../../../src/kubernetes/manifest/secret.js';

const one = (text: string) => readManifests(Buffer.from(text), { file: 's.yaml' })[0] ?? expect.fail();
const secret = (body: string) => one(`apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n${body}`);
const problems = (body: string) => secretProblems(secret(body)).map(({ text }) => text);

describe('secrets', () => {
  test('are made from their parts', () => {
    const made = buildSecret({
      name: 's',
      namespace: 'n',
      labels: new Map([['l', '1']]),
      annotations: new Map(),
      type: 'Opaque',
      immutable: true,
      data: new Map([['__proto__', Buffer.from([0xff])]]),
      stringData: new Map([['a', 'yes']]),
    });
    expect(printManifests([made])).toBe(`apiVersion: v1
kind: Secret
metadata:
  name: s
  namespace: "n"
  labels:
    l: "1"
type: Opaque
immutable: true
data:
  __proto__: /w==
stringData:
  a: "yes"
`);
    expect(secretProblems(madeManifest(made))).toEqual([]);
  });

  test.each([
    ['data: {a: "a"}', 'data.a is not standard base64'],
    ['data: {a: "YQ"}', 'data.a is not standard base64'],
    ['data: {a: "Y Q=="}', 'data.a is not standard base64'],
    ['data: {a: 12345678}', 'data.a is not quoted'],
    ['stringData: {a: yes}', 'stringData.a is not quoted'],
    ['stringData: {a: [x]}', 'stringData.a is a list'],
    ['stringData: {"a b": x}', 'the key "a b" in stringData'],
    ['stringData: {"..": x}', 'the key ".." in stringData'],
    ['stringData: [x]', 'stringData is not a map'],
    ['type: kubernetes.io/tls\nstringData: {tls.crt: x}', 'needs the key tls.key'],
    ['type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: "{"}', 'not valid JSON'],
    ['type: kubernetes.io/basic-auth\nstringData: {user: x}', 'needs username or password'],
    ['type: kubernetes.io/ssh-auth', 'needs the key ssh-privatekey'],
  ])('%s', (body, problem) => {
    expect(problems(body)).toEqual([expect.stringContaining(problem)]);
    expect(() => checkSecret(secret(body))).toThrow(expect.objectContaining({ file: 's.yaml' }));
  });

  test('of 1 MiB and more are too large, base64 not counted', () => {
    expect(problems(`stringData: {a: "${'x'.repeat(1024 * 1024)}"}`)).toEqual([]);
    expect(problems(`stringData: {a: "${'x'.repeat(1024 * 1024)}", b: "y"}`)).toEqual([
      expect.stringContaining('1 MiB'),
    ]);
  });

  test('a null and an empty value are allowed in data', () => {
    expect(problems('data: {a: null, b: ""}\nstringData: null')).toEqual([]);
  });

  test('stringData moves to data and back; what is not text stays', () => {
    const { root } = secret('data: {a: YQ==, bin: /w==}\nstringData: {a: "new", c: é}');
    const data = withDataOnly(root);
    expect(printManifests([data])).toContain('data:\n  a: bmV3\n  bin: /w==\n  c: w6k=\n');
    expect(printManifests([withStringData(data)])).toContain('data:\n  bin: /w==\nstringData:\n  a: new\n  c: é\n');
  });
});

describe('what may not leave', () => {
  const sealed = 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]';
  test.each([
    `a: 1\nsops: {mac: x}\n`,
    `a: {b: ["${sealed}"]}\n`,
    `data: {k: ${Buffer.from(sealed).toString('base64')}}\n`,
    `a: 1 # ${sealed}\n`,
    `a:\n  #${sealed}\n  b: 1\n`,
    `sops_ts_layout: x\n`,
    `{"a": "${sealed}"}`,
  ])('%j', (text) => {
    expect(() => checkDecrypted(one(text))).toThrow(
      expect.objectContaining({ code: 'leaf-not-decryptable', file: 's.yaml' }),
    );
  });

  test('plain objects may, also with sops further down', () => {
    expect(() => checkDecrypted(one('a: ENC[x]\nspec: {sops: {a: 1}}\n'))).not.toThrow();
  });

  test.each([
    ['kind: A\nmetadata: {name: x}\n', 'apiVersion'],
    ['apiVersion: v1\nmetadata: {name: x}\n', 'kind'],
    ['apiVersion: v1\nkind: A\n', 'metadata.name'],
    ['apiVersion: v1\nkind: A\nmetadata: {name: 1}\n', 'metadata.name'],
  ])('%j is not an object', (text, field) => {
    expect(() => checkIdentified(one(text))).toThrow(field);
  });
});
