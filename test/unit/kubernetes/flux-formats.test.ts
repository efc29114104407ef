/** How Flux's controller tells formats: by names as SOPS's first list has them, and by bytes. */
import { expect, test } from 'vitest';
import { fluxFormatOf, markedFormats } from '../../../src/kubernetes/kustomize/flux-formats.js';

test.each([
  ['a.yaml', 'yaml'],
  ['a.yml', 'yaml'],
  ['a.json', 'json'],
  ['a.env', 'dotenv'],
  ['.env', 'dotenv'],
  ['a.ini', 'ini'],
  ['.dockerconfigjson', 'json'],
  ['x.dockerconfigjson', 'json'],
  ['.env.production', 'binary'],
  ['a.YAML', 'binary'],
  ['a.toml', 'binary'],
  ['yaml', 'binary'],
])('%s is %s', (name, format) => {
  expect(fluxFormatOf(name)).toBe(format);
});

test.each([
  ['    mac: ENC[AES256_GCM', ['yaml']],
  ['\t"mac": "ENC[AES256_GCM', ['json']],
  ['sops_mac=ENC[AES256_GCM', ['dotenv']],
  ['[sops]\nmac = ENC[AES256_GCM', ['ini']],
  ['"mac":"ENC[AES256_GCM', []],
  ['mac: "ENC[AES256_GCM', []],
  ['# [sops]\nmac: ENC[', ['yaml', 'ini']],
])('%j is marked as %j', (text, formats) => {
  expect(markedFormats(Buffer.from(text))).toEqual(formats);
});
