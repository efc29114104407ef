/** Go templates: each vector was made by Go itself (see its `about`). */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { SopsError } from '../../../../src/errors.js';
import { renderGoTemplate } from '../../../../src/kubernetes/go-template/render.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(4);

interface Vector {
  readonly template: string;
  readonly text?: string;
  readonly goes?: 'fails' | 'refused';
}

const { data, vectors } = JSON.parse(
  readFileSync(new URL('../../../../fixtures/go-template/vectors.json', import.meta.url), 'utf8'),
) as { data: Record<string, string>; vectors: readonly Vector[] };
const values = new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text)]));

async function rendered(template: string, from: ReadonlyMap<string, Uint8Array> = values): Promise<string> {
  return Buffer.from(await renderGoTemplate(template, from)).toString('utf8');
}

async function reasonOf(template: string): Promise<string> {
  const error = await renderGoTemplate(template, values).catch((cause: unknown) => cause);
  expect(error, template).toBeInstanceOf(SopsError);
  return (error as SopsError).message;
}

describe('vectors of Go', () => {
  test.each(vectors.filter(({ text }) => text !== undefined).map((vector) => [vector.template, vector.text]))(
    '%j',
    async (template, text) => {
      expect(await rendered(template as string)).toBe(text);
    },
  );

  test.each(vectors.filter(({ goes }) => goes).map((vector) => [vector.template, vector.goes]))(
    '%j %s',
    async (template) => {
      await reasonOf(template as string);
    },
  );
});

describe('what only this renderer decides', () => {
  test('bytes that are not UTF-8 pass through', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    const from = new Map([['k', bytes]]);
    expect(Buffer.from(await renderGoTemplate('<{{ .k }}>', from))).toEqual(
      Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')]),
    );
    expect(await rendered('{{ .k | b64enc }} {{ len .k }}', from)).toBe(`${bytes.toString('base64')} 4`);
  });

  test('reasons name line and function, and never a value', async () => {
    expect(await reasonOf('a\n{{ nope .a }}')).toBe('line 2: function "nope" is not defined');
    expect(await reasonOf('{{ randAlphaNum 5 }}')).toContain('randAlphaNum gives another result each time');
    expect(await reasonOf('{{ fail .b }}')).not.toContain('two');
    expect(await reasonOf('{{ env "HOME" }}')).toContain('function "env" is not defined');
  });

  test.each(['constructor', '__proto__', 'toString2', 'hasOwnProperty'])('%s is not a function', async (name) => {
    expect(await reasonOf(`{{ ${name} .a }}`)).toContain('is not defined');
  });

  test.each([
    '{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}',
    '{{ range 99999999999 }}{{ end }}',
    '{{ repeat 999999999 "x" }}',
    '{{ range until 1000 }}{{ repeat 100000 "x" }}{{ end }}',
    '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
    `${'{{ if true }}'.repeat(5000)}`,
    `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
  ])('%.40s ends', async (template) => {
    await reasonOf(template);
  });

  test('the keys of a map come in an order only when sorted', async () => {
    expect(await reasonOf('{{ keys (dict "a" 1 "b" 2) }}')).toContain('sortAlpha');
  });
});
