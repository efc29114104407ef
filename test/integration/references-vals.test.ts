/** Random documents with references against the real vals (VALS_BIN or `vals` on PATH). */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import fc from '../support/fast-check.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { run } from '../support/run.js';

const VALS = findTool('vals', 'VALS_BIN', ['version']);
const COUNT = 200;
if (!VALS) announceSkipped(5, 'there is no program vals (VALS_BIN)');

const FOLDER = new URL('../../fixtures/references/', import.meta.url);
const desk = new Desk();
const identity = readFileSync(new URL('age.txt', FOLDER), 'utf8');
const env = {
  PATH: process.env.PATH ?? '',
  HOME: desk.folder,
  SOPS_AGE_KEY: identity,
  X_V: 'val ue',
  X_NAME: 'some.yaml',
};
beforeAll(() => {
  for (const name of readdirSync(new URL('files/', FOLDER)))
    desk.write(name, readFileSync(new URL(`files/${name}`, FOLDER)));
});
afterAll(() => desk.remove());

function theirs(words: readonly string[]): { status: number | null; out: string } {
  const ran = spawnSync(VALS ?? 'vals', words, { cwd: desk.folder, env, encoding: 'utf8' });
  return { status: ran.status, out: ran.stdout };
}

async function ours(words: readonly string[]): Promise<{ status: number | null; out: string }> {
  const allowing = ['get', 'ksdecode'].includes(words[0] ?? '')
    ? words
    : [words[0] ?? '', '-allow-ref', 'all', ...words.slice(1)];
  const ran = await run(allowing, { cwd: desk.folder, env, programName: 'vals' });
  return { status: ran.status, out: ran.stdout.toString() };
}

/** References to scalars, which may stand among other text, and to anything. */
const SCALARS = [
  'ref+echo://a/b',
  'secretref+echo://x/y/z#/x/y',
  'ref+file://some.yaml#/foo/bar',
  'ref+file://some.yaml#/foo/n',
  'ref+file://some.yaml#/foo/f',
  'ref+file://some.yaml#foo/b',
  'ref+file://plain.txt?encode=base64',
  'ref+envsubst://$X_V',
  'ref+file://ref+envsubst://$X_NAME+#/top',
  'ref+sops://enc.yaml#/db/port',
  'ref+sops://enc.json#/k/x',
  'ref+exec://echo/hello',
];
const WHOLE = [...SCALARS, 'ref+file://some.yaml#/foo/l', 'ref+file://some.yaml#/foo/m', 'ref+file://some.yaml#/foo/z'];

const scalar = fc.constantFrom(...SCALARS);
const between = fc.constantFrom('', ' ', '/', ' and <&> ', '"', "'", ': ', 'é\u2028');
const mixed = fc
  .array(fc.tuple(between, scalar), { minLength: 1, maxLength: 3 })
  .chain((parts) => between.map((end) => parts.map(([before, reference]) => `${before}${reference}+`).join('') + end));
const plain = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(1.5, 1e21, -0.001, 1e-7, 1.1e100),
  fc.constantFrom(
    'text',
    '2020-01-01',
    '007',
    'yes',
    '',
    'ref+',
    'no ref+x here',
    'two\nlines\n',
    'a: b',
    '{{ .Values.x }}',
  ),
);
const value = fc.letrec((tie) => ({
  leaf: fc.oneof(plain, scalar, fc.constantFrom(...WHOLE), mixed),
  node: fc.oneof(
    { weight: 3, arbitrary: tie('leaf') },
    { weight: 1, arbitrary: fc.array(tie('node'), { maxLength: 4 }) },
    { weight: 2, arbitrary: tie('map') },
  ),
  map: fc.dictionary(fc.constantFrom('kind', 'data', 'spec', 'a-b', 'env', 'ü', 'x.y/z', 'Z'), tie('node'), {
    maxKeys: 5,
  }),
}));
const manifest = fc.oneof(
  { weight: 5, arbitrary: value.map.filter((map) => Object.keys(map as object).length > 0) },
  { weight: 1, arbitrary: fc.array(value.node, { minLength: 1, maxLength: 4 }) },
);

/** Behind a `secretref` that it leaves, vals resolves nothing more of the same text; we do. */
const OTHERS_BEHIND = /secretref\+[^\n]*ref\+/;

/** YAML of any style, or JSON, of the same value. */
async function written(document: unknown, style: number): Promise<string> {
  if (style === 0) return `${JSON.stringify(document, null, 2)}\n`;
  const { stringify } = await import('yaml');
  const options = [
    { defaultStringType: 'PLAIN' },
    { defaultStringType: 'QUOTE_DOUBLE' },
    { defaultStringType: 'QUOTE_SINGLE', collectionStyle: 'flow' },
    { defaultStringType: 'PLAIN', indentSeq: false, blockQuote: 'literal' },
  ] as const;
  return `# a comment\n${stringify(document, { ...options[style - 1], version: '1.1', lineWidth: 0 })}`;
}

describe.skipIf(!VALS)('vals and sops-ts', () => {
  test(`print the same for ${COUNT} random documents`, async () => {
    const samples = fc.sample(fc.tuple(fc.array(manifest, { minLength: 1, maxLength: 3 }), fc.nat(4)), COUNT);
    const different: string[] = [];
    for (const [at, [documents, style]] of samples.entries()) {
      const parts = await Promise.all(
        (style === 0 ? documents.slice(0, 1) : documents).map((one) => written(one, style)),
      );
      desk.write('doc.yaml', parts.join('---\n'));
      const excludes = at % 2 === 0 && !parts.some((text) => OTHERS_BEHIND.test(text));
      const words = ['eval', '-f', 'doc.yaml', '-o', 'json', ...(excludes ? ['-exclude-secret'] : [])];
      const expected = theirs(words);
      const got = await ours(words);
      if (expected.out !== got.out || expected.status !== got.status) {
        different.push(`${words}\n${parts.join('---\n')}\n${JSON.stringify([expected, got], null, 1)}`);
      }
    }
    expect(different).toEqual([]);
  }, 600_000);

  test('read the same out of Secrets in base64', async () => {
    // Where a reference leads to a number, vals fails: it decodes its own base64 as one.
    const texts = SCALARS.filter((text) => !/#\/?(?:foo\/[nfb]|db\/port)$/.test(text));
    const data = texts.map((text, at) => `  k${at}: ${Buffer.from(text).toString('base64')}\n`).join('');
    desk.write('secret.yaml', `apiVersion: v1\nkind: Secret\ndata:\n${data}`);
    for (const words of [
      ['eval', '-f', 'secret.yaml', '-o', 'json', '-decode-kubernetes-secrets'],
      ['ksdecode', '-f', 'secret.yaml', '-o', 'json'],
    ]) {
      expect(await ours(words)).toEqual(theirs(words));
    }
  });

  test('take null for a missing key where that is asked for, and fail without', async () => {
    desk.write('doc.yaml', 'a: ref+file://some.yaml#/foo/nope\nb: ref+echo://a/b\n');
    const words = ['eval', '-f', 'doc.yaml', '-o', 'json', '-fail-on-missing-key-in-map=false'];
    expect(await ours(words)).toEqual(theirs(words));
    expect([theirs(words.slice(0, 5)).status === 0, (await ours(words.slice(0, 5))).status === 0]).toEqual([
      false,
      false,
    ]);
  });

  test('print the same as an environment', async () => {
    desk.write('env.yaml', 'A: ref+echo://a/b\nB: "x ref+envsubst://$X_V+ y"\nC: it\'s\n');
    for (const words of [
      ['env', '-f', 'env.yaml'],
      ['env', '-export', '-f', 'env.yaml'],
    ]) {
      const sorted = ({ out, status }: { out: string; status: number | null }) => [status, out.split('\n').sort()];
      expect(sorted(await ours(words))).toEqual(sorted(theirs(words)));
    }
  });

  test('flatten the same', async () => {
    desk.write('any.txt', `x = ref+echo://a/b\n${SCALARS.map((text) => `<${text}+>`).join('\r\n')}\n`);
    const words = ['flatten', '-f', 'any.txt'];
    expect(await ours(words)).toEqual(theirs(words));
  });
});
