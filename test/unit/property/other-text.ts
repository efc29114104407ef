/** JSON, dotenv and INI documents as text, in the spellings that programs and people leave behind; and plain garbage. */
import fc, { type Arbitrary, anyCharacter } from '../../support/fast-check.js';
import { WORDS } from './yaml-shape.js';

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const blank = fc.constantFrom('', '', ' ', '\n', '\r\n', '\t', '\n  ', '   ');

/** A JSON string, its characters escaped in one of the ways that JSON allows. */
const jsonString: Arbitrary<string> = fc.tuple(word, fc.constantFrom('short', 'long', 'slash')).map(([text, way]) => {
  if (way === 'short') return JSON.stringify(text);
  if (way === 'slash') return JSON.stringify(text).replaceAll('/', '\\/');
  return `"${[...text].map((character) => (/[a-z ]/.test(character) ? character : escaped(character))).join('')}"`;
});

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

const jsonNumber = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1.0',
    '1.50',
    '1e3',
    '1E+3',
    '-1.5e-7',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '1e308',
    '0.1',
    '100000000000000000000',
    '-0.0',
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const jsonKey = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '"a"',
      '"b"',
      '"sops2"',
      '"__proto__"',
      '"constructor"',
      '"k_unencrypted"',
      '""',
      '"1"',
      '"\\u0061"',
    ),
  },
  { weight: 1, arbitrary: jsonString },
);

const { jsonObject } = fc.letrec<{ jsonValue: string; jsonObject: string }>((tie) => ({
  jsonValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: jsonString },
    { weight: 2, arbitrary: jsonNumber },
    { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null', '{}', '[]', '{ }', '[\n]') },
    {
      weight: 2,
      arbitrary: collection(
        '[',
        fc.tuple(blank, tie('jsonValue'), blank).map((parts) => parts.join('')),
        ']',
      ),
    },
    { weight: 3, arbitrary: tie('jsonObject') },
  ),
  jsonObject: collection(
    '{',
    fc.tuple(blank, jsonKey, blank, fc.constant(':'), blank, tie('jsonValue'), blank).map((parts) => parts.join('')),
    '}',
  ),
}));

function collection(open: string, entry: Arbitrary<string>, close: string): Arbitrary<string> {
  return fc
    .tuple(fc.array(entry, { minLength: 1, maxLength: 5 }), blank)
    .map(([entries, end]) => open + entries.join(',') + end + close);
}

/** A JSON file: always an object; `sops` at its top would be metadata. */
export const jsonText: Arbitrary<string> = fc
  .tuple(blank, jsonObject, fc.constantFrom('', '\n', '\n\n', ' ', '\r\n', '\ntrailing words'))
  .map((parts) => parts.join(''));

const dotenvLine = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('A', 'B_1', 'export C', ' D', 'E ', 'K_unencrypted', '__proto__', 'é', 'sops'),
        fc.constantFrom('=', '==', '= '),
        word,
      )
      .map(([key, mark, text]) => key + mark + text.replaceAll('\n', '\\n')),
  },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.constantFrom('# note', '#', '#A=1', '#\té', '# trailing ') },
  { weight: 1, arbitrary: fc.constantFrom('Q="a b"', "Q='x'", 'E=', 'L=a\\nb', 'T=\tx ', 'C=1 # no comment', 'C=1\r') },
);

/** A dotenv file. */
export const dotenvText: Arbitrary<string> = lines(dotenvLine, ['\n', '\n', '\n', '']);

const iniLine = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('[s]', '[a.b]', ' [x y] ', '[s] ; note', '[é]', '[DEFAULT]', '[a]b]', '[__proto__]'),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom('k', 'key', ' indented', 'with space', '"q:k"', '`b=k`', 'k_unencrypted', '__proto__', 'é'),
        fc.constantFrom('=', ' = ', ':', ' : '),
        iniValue(),
      )
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '   ') },
  { weight: 2, arbitrary: fc.constantFrom('; note', '# note', ';', '  # indented', '; a = b', '#;both') },
);

function iniValue(): Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: word.map((text) => text.replace(/[\n\r]/g, ' ')) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '',
        'v',
        '"q"',
        "'q'",
        '"""three"""',
        '"""more\nlines"""',
        '`tick # x`',
        'x ; note',
        'x # note',
        'on \\\n  the next',
        '"a#b"',
        '""',
        '"',
        '%(x)s',
        'a "b" c',
      ),
    },
  );
}

/** An INI file. */
export const iniText: Arbitrary<string> = lines(iniLine, ['\n', '\n', '']);

function lines(line: Arbitrary<string>, finals: readonly string[]): Arbitrary<string> {
  return fc
    .record({
      all: fc.array(line, { maxLength: 10 }),
      lineEnd: fc.constantFrom('\n', '\n', '\n', '\r\n'),
      mark: fc.constantFrom('', '', '', '', '', '\ufeff'),
      final: fc.constantFrom(...finals),
    })
    .map(({ all, lineEnd, mark, final }) => mark + (all.join('\n') + final).replaceAll('\n', lineEnd));
}

/** What no program writes: indicators, quotes, breaks and a few words in any order. */
export const garbage: Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...':-?[]{}&*!|>\'"%@`#,=;\\/.~<+0b \n\t') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'a',
          'b: ',
          'c:\n',
          '- ',
          '\n  ',
          '\n',
          ': ',
          ' #',
          '---\n',
          '\n...\n',
          '|\n  ',
          '>-\n ',
          '&a ',
          '*a',
          '!!str ',
          '"a"',
          '{"a":',
          '},',
          '\r\n',
          '\ufeff',
          '"""',
          'k = v\n',
          'K=v\n',
          '[s]\n',
          '<<: ',
          '\u0085',
          '\u2028',
          '😀',
          'null',
          '1.0',
          '%YAML 1.1\n',
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 3, unit: anyCharacter }) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));
