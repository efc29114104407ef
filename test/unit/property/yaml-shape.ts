/** The shapes of random YAML documents: every style of scalar, collection and comment; `yaml-text.ts` prints them. */
import fc, { type Arbitrary } from '../../support/fast-check.js';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface Scalar {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly text: string;
  readonly header: string;
  /** Where a flow scalar is folded onto a further line. */
  readonly folds: boolean;
}

export interface Alias {
  readonly kind: 'alias';
  readonly of: number;
}

export interface Empty {
  readonly kind: 'empty';
}

export interface Entry {
  readonly before: readonly string[];
  readonly key: string;
  readonly keyStyle: 'plain' | 'single' | 'double' | 'explicit';
  readonly value: Node;
  readonly behind: string;
  readonly gap: string;
}

export interface Collection {
  readonly kind: 'map' | 'list' | 'flow-map' | 'flow-list';
  readonly step: number;
  readonly entries: readonly Entry[];
  readonly spaces: readonly string[];
}

export type Content = Scalar | Alias | Empty | Collection;

export interface Node {
  readonly content: Content;
  readonly tag: string;
  readonly anchor: boolean;
}

export interface Doc {
  readonly directives: string;
  readonly start: string;
  readonly root: Collection;
  readonly after: readonly string[];
  readonly end: string;
}

export interface YamlFile {
  readonly docs: readonly Doc[];
  readonly lineEnd: string;
  readonly mark: string;
  readonly final: string;
}

/** What a generated document may hold. */
export interface YamlTraits {
  /**
   * Whether it may hold what SOPS itself harms (docs/format.md#where-sops-harms-a-file): comments in and behind brackets, texts
   * that begin with blanks or breaks, and the like.
   */
  readonly exotic: boolean;
}

/** Texts that read as other types, hold indicators, or need care in some style. */
export const WORDS = [
  'alpha',
  'hello world',
  'a: b',
  '- x',
  '#no',
  'tab\there',
  'é—ü',
  '漢字',
  '😀',
  'yes',
  'no',
  'null',
  '~',
  'true',
  'False',
  '1',
  '0',
  '-1',
  '1.0',
  '1.10',
  '1e3',
  '.5',
  '0x1F',
  '0o17',
  '017',
  '1_000',
  '.inf',
  '-.inf',
  '.nan',
  '2024-01-02',
  '2024-01-02T03:04:05Z',
  '2001-12-14 21:59:43.10',
  '12:30:45',
  '',
  ' lead',
  'trail ',
  '"q"',
  "it's",
  'back\\slash',
  '%',
  '@at',
  '`',
  '{',
  '[',
  '*star',
  '&amp',
  '!tag',
  '|',
  '>',
  '=',
  '<<',
  '?',
  ':',
  '9223372036854775807',
  '-9223372036854775808',
  '18446744073709551616',
  '0b101',
  '+1',
  '-0.0',
  'x'.repeat(130),
  'a\nb',
  'a\nb\n',
  'a\n\n b\n',
  '\n',
  'a\n\n\n',
  ' a\nb',
  '\ta\nb',
  'a \nb',
  'word '.repeat(30),
  'ENC[AES256_GCM',
  'sops',
  '__proto__',
  'constructor',
  '\u0085',
  '\u2028x',
  '\ufeffx',
  '\u00a0',
  '-----BEGIN KEY-----\nabc=\n-----END KEY-----\n',
  'a,b',
  'a]b',
  'x #y',
  "''",
  '\\n',
  '---',
  '...',
  '--- x',
] as const;

const KEYS = [
  'a',
  'b',
  'key',
  'port',
  'x-y',
  'on',
  'data',
  'é',
  '__proto__',
  'with space',
  '1',
  '2.5',
  'true',
  'toString',
  '',
  'k_unencrypted',
  'data_unencrypted',
  '~',
  '<<x',
  'a:b',
  "it's",
  '"q"',
  '漢字',
  '😀',
] as const;
const COMMENTS = ['#', '# note', '#x', '# a: b', '#\té', '#  deep', '# "quoted', '#- item', '# trailing  '] as const;
const TAGS = [
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '!!str',
  '!!int',
  '!!float',
  '!local',
  '!',
  '!!binary',
  '!!null',
  '!<tag:example.com,2000:x>',
] as const;
const HEADERS = ['', '', '', '-', '+', '2', '1-', '+3', '2+', ' ', '-  # header'] as const;

/** Texts that SOPS prints as something else: docs/format.md#where-sops-harms-a-file, D2, D3, D4 and D11. */
const HARMED = /^[\s\ufeff]|^-0\.0$|[\u0085\u2028\ufeff]|\n\s|\s\n/;

/** The shapes of whole files. Most are well-formed; what is not must be refused cleanly. */
export function yamlFiles(traits: YamlTraits): Arbitrary<YamlFile> {
  return fc.record({
    docs: fc.array(docs(traits), { minLength: 1, maxLength: traits.exotic ? 3 : 2 }),
    lineEnd: fc.constantFrom('\n', '\n', '\n', '\n', '\r\n'),
    mark: fc.constantFrom('', '', '', '', '\ufeff'),
    final: fc.constantFrom('\n', '\n', '\n', '', '\n\n', '\n  '),
  });
}

function docs(traits: YamlTraits): Arbitrary<Doc> {
  const { exotic } = traits;
  const comments = exotic ? ['# before\n'] : [];
  return fc.record({
    directives: fc.constantFrom('', '', '', '', '', '%YAML 1.1\n', '%TAG !e! tag:example.com,2000:\n', ...comments),
    start: fc.constantFrom('', '', '---\n', '---  \n', ...(exotic ? ['--- # start\n'] : [])),
    root: roots(traits),
    after: trivia(traits),
    end: fc.constantFrom('', '', '', '', '...\n', ...(exotic ? ['... # end\n'] : [])),
  });
}

function roots(traits: YamlTraits): Arbitrary<Collection> {
  return fc.record<Collection>({
    kind: fc.constantFrom('map', 'map', 'map', 'map', 'map', 'flow-map'),
    step: fc.constant(0),
    entries: fc.array(entries(traits, nodes(traits)), { minLength: 1, maxLength: 6 }),
    spaces: spaces(traits),
  });
}

function entries(traits: YamlTraits, value: Arbitrary<Node>): Arbitrary<Entry> {
  const style = fc.constantFrom<Entry['keyStyle']>('plain', 'plain', 'plain', 'single', 'double', 'explicit');
  return fc.record<Entry>({
    before: fc.oneof({ weight: 1, arbitrary: fc.constant<string[]>([]) }, { weight: 2, arbitrary: trivia(traits) }),
    key: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...KEYS) }, { weight: 1, arbitrary: words(traits) }),
    keyStyle: traits.exotic ? style : fc.constantFrom('plain', 'plain', 'single', 'double'),
    value,
    behind: behind(traits),
    gap: fc.constantFrom(' ', ' ', ' ', '  ', '   ', ...(traits.exotic ? ['\t'] : [])),
  });
}

function nodes(traits: YamlTraits): Arbitrary<Node> {
  const { node } = fc.letrec<{ node: Node }>((tie) => {
    const collection = fc.record<Collection>({
      kind: fc.constantFrom('map', 'map', 'map', 'list', 'list', 'flow-map', 'flow-list'),
      step: fc.constantFrom(0, 1, 2, 2, 2, 4),
      entries: fc.array(entries(traits, tie('node')), { maxLength: 4, depthIdentifier: 'yaml' }),
      spaces: spaces(traits),
    });
    const content: Arbitrary<Content> = fc.oneof(
      { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'yaml' },
      { weight: 4, arbitrary: scalars(traits) },
      { weight: 1, arbitrary: fc.constant({ kind: 'empty' }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('alias' as const), of: fc.nat(9) }) },
      { weight: 5, arbitrary: collection },
    );
    const tag = fc.constantFrom(
      ...(traits.exotic ? TAGS : TAGS.filter((each) => !/^!!(?:int|float|null|binary)$/.test(each))),
    );
    return { node: fc.record<Node>({ content, tag, anchor: fc.nat(5).map((n) => n === 1) }) };
  });
  return node;
}

function scalars(traits: YamlTraits): Arbitrary<Scalar> {
  return fc.record({
    kind: fc.constant('scalar' as const),
    style: fc.constantFrom<ScalarStyle>('plain', 'plain', 'single', 'double', 'literal', 'folded'),
    text: words(traits),
    header: fc.constantFrom(...HEADERS),
    folds: fc.boolean(),
  });
}

function words({ exotic }: YamlTraits): Arbitrary<string> {
  const known = fc.constantFrom(...WORDS.filter((text) => exotic || !HARMED.test(text)));
  if (!exotic) return known;
  const indicators = fc.string({ unit: fc.constantFrom(...'ab:#-\'"\\ \n\t[]{},&*!|>%@?'), maxLength: 10 });
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
    { weight: 1, arbitrary: indicators },
  );
}

function spaces({ exotic }: YamlTraits): Arbitrary<string[]> {
  const space = fc.constantFrom('', ' ', ' ', ' ', '  ', '\n', '\n\n', '\t', ...(exotic ? [' # c\n'] : []));
  return fc.array(space, { minLength: 1, maxLength: 8 });
}

/** Lines between entries; `<` marks those that stand at a column of their own. */
function trivia({ exotic }: YamlTraits): Arbitrary<string[]> {
  const elsewhere = fc.tuple(fc.nat(6), fc.constantFrom(...COMMENTS)).map(([n, text]) => `<${' '.repeat(n)}${text}`);
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('  ', '   ') },
      { weight: 4, arbitrary: fc.constantFrom(...COMMENTS) },
      { weight: exotic ? 1 : 0, arbitrary: elsewhere },
    ),
    { maxLength: 3 },
  );
}

function behind({ exotic }: YamlTraits): Arbitrary<string> {
  const comment = fc.tuple(fc.constantFrom(' ', '   ', ...(exotic ? ['\t'] : [])), fc.constantFrom(...COMMENTS));
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(' ', '  ', ...(exotic ? ['\t', ' \t '] : [])) },
    { weight: 2, arbitrary: comment.map(([gap, text]) => gap + text) },
  );
}
