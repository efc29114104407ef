/** YAML as people write it, and stranger: random documents as text, in every style of scalar, collection and comment. */
import fc, { type Arbitrary } from 'fast-check';

type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

interface Scalar {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly text: string;
  readonly header: string;
  /** Where a flow scalar is folded onto a further line. */
  readonly folds: boolean;
}

interface Alias {
  readonly kind: 'alias';
  readonly of: number;
}

interface Empty {
  readonly kind: 'empty';
}

interface Entry {
  readonly before: readonly string[];
  readonly key: string;
  readonly keyStyle: 'plain' | 'single' | 'double' | 'explicit';
  readonly value: Node;
  readonly behind: string;
  readonly gap: string;
}

interface Collection {
  readonly kind: 'map' | 'list' | 'flow-map' | 'flow-list';
  readonly step: number;
  readonly entries: readonly Entry[];
  readonly spaces: readonly string[];
}

type Content = Scalar | Alias | Empty | Collection;

interface Node {
  readonly content: Content;
  readonly tag: string;
  readonly anchor: boolean;
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

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'ab:#-\'"\\ \n\t[]{},&*!|>%@?'), maxLength: 10 }) },
);
const space = fc.constantFrom('', ' ', ' ', ' ', '  ', '\n', '\n\n', ' # c\n', '\t');
const trivia = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('  ', '   ') },
    { weight: 4, arbitrary: fc.constantFrom(...COMMENTS) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(6), fc.constantFrom(...COMMENTS)).map(([n, text]) => `<${' '.repeat(n)}${text}`),
    },
  ),
  { maxLength: 3 },
);
const behind = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', '  ', '\t', ' \t ') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(' ', '   ', '\t'), fc.constantFrom(...COMMENTS))
      .map(([gap, text]) => gap + text),
  },
);

const scalar: Arbitrary<Scalar> = fc.record({
  kind: fc.constant('scalar' as const),
  style: fc.constantFrom<ScalarStyle>('plain', 'plain', 'single', 'double', 'literal', 'folded'),
  text: word,
  header: fc.constantFrom(...HEADERS),
  folds: fc.boolean(),
});

const { node } = fc.letrec<{ node: Node }>((tie) => {
  const entry = fc.record<Entry>({
    before: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, { weight: 2, arbitrary: trivia }),
    key: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...KEYS) }, { weight: 1, arbitrary: word }),
    keyStyle: fc.constantFrom('plain', 'plain', 'plain', 'single', 'double', 'explicit'),
    value: tie('node'),
    behind,
    gap: fc.constantFrom(' ', ' ', ' ', '  ', '\t', '   '),
  });
  const collection = fc.record<Collection>({
    kind: fc.constantFrom('map', 'map', 'map', 'list', 'list', 'flow-map', 'flow-list'),
    step: fc.constantFrom(0, 1, 2, 2, 2, 4),
    entries: fc.array(entry, { maxLength: 4, depthIdentifier: 'yaml' }),
    spaces: fc.array(space, { minLength: 1, maxLength: 8 }),
  });
  const content: Arbitrary<Content> = fc.oneof(
    { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'yaml' },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.constant({ kind: 'empty' }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('alias' as const), of: fc.nat(9) }) },
    { weight: 5, arbitrary: collection },
  );
  return {
    node: fc.record<Node>({
      content,
      tag: fc.constantFrom(...TAGS),
      anchor: fc.nat(5).map((n) => n === 1),
    }),
  };
});

const rootEntries = fc.record<Collection>({
  kind: fc.constantFrom('map', 'map', 'map', 'map', 'map', 'flow-map'),
  step: fc.constant(0),
  entries: fc.array(
    fc.record<Entry>({
      before: trivia,
      key: fc.constantFrom(...KEYS),
      keyStyle: fc.constantFrom('plain', 'plain', 'plain', 'single', 'double', 'explicit'),
      value: node,
      behind,
      gap: fc.constantFrom(' ', ' ', '  '),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  spaces: fc.array(space, { minLength: 1, maxLength: 8 }),
});

interface Doc {
  readonly directives: string;
  readonly start: string;
  readonly root: Collection;
  readonly after: readonly string[];
  readonly end: string;
}

const doc: Arbitrary<Doc> = fc.record({
  directives: fc.constantFrom('', '', '', '', '', '%YAML 1.1\n', '# before\n', '%TAG !e! tag:example.com,2000:\n'),
  start: fc.constantFrom('', '', '---\n', '--- # start\n', '---  \n'),
  root: rootEntries,
  after: trivia,
  end: fc.constantFrom('', '', '', '', '...\n', '... # end\n'),
});

/** A YAML file as text. Most are well-formed; what is not must be refused cleanly. */
export const yamlText: Arbitrary<string> = fc
  .record({
    docs: fc.array(doc, { minLength: 1, maxLength: 3 }),
    lineEnd: fc.constantFrom('\n', '\n', '\n', '\n', '\r\n'),
    mark: fc.constantFrom('', '', '', '', '\ufeff'),
    final: fc.constantFrom('\n', '\n', '\n', '', '\n\n', '\n  '),
  })
  .map(({ docs, lineEnd, mark, final }) => {
    const text = docs
      .map((each, index) => {
        const anchors: string[] = [];
        const start = each.start || (index > 0 || each.directives.startsWith('%') ? '---\n' : '');
        const body = new Printer(anchors).root(each.root);
        const after = placeTrivia(each.after, 0);
        const directives =
          index > 0 && each.directives.startsWith('%') && docs[index - 1]?.end === '' ? '' : each.directives;
        return `${directives}${start}${[...body, ...after].join('\n')}\n${each.end}`;
      })
      .join('');
    return mark + (text.replace(/\n+$/, '') + final).replaceAll('\n', lineEnd);
  });

function placeTrivia(lines: readonly string[], column: number): string[] {
  return lines.map((line) => {
    if (line.startsWith('<')) return line.slice(1);
    return line.startsWith('#') ? ' '.repeat(column) + line : line;
  });
}

/** What follows `key:` or `-`: text on its line, and whole lines below. */
interface Piece {
  readonly head: string;
  readonly body: readonly string[];
}

class Printer {
  private counter = 0;

  constructor(private readonly anchors: string[]) {}

  root(of: Collection): string[] {
    if (of.kind === 'map') return this.entries(of, 0);
    return this.flow(of, 0).split('\n');
  }

  private node({ content, tag, anchor }: Node, column: number, inList: boolean): Piece {
    if (content.kind === 'alias') {
      const name = this.anchors[content.of % Math.max(1, this.anchors.length)];
      return { head: name === undefined ? '' : ` *${name}`, body: [] };
    }
    const name = anchor ? `n${this.counter++}` : undefined;
    const properties = `${name === undefined ? '' : ` &${name}`}${tag && ` ${fitting(tag, content)}`}`.trimEnd();
    const piece = this.content(content, column, inList, properties !== '');
    if (name !== undefined) this.anchors.push(name);
    return { head: properties + piece.head, body: piece.body };
  }

  private content(content: Exclude<Content, Alias>, column: number, inList: boolean, hasProperties: boolean): Piece {
    switch (content.kind) {
      case 'empty':
        return { head: '', body: [] };
      case 'scalar':
        return scalarPiece(content, column);
      case 'map':
      case 'list': {
        if (content.entries.length === 0) return { head: content.kind === 'map' ? ' {}' : ' []', body: [] };
        const under =
          Math.max(column, 0) + (content.kind === 'list' && !inList ? content.step : Math.max(1, content.step));
        const lines = this.entries(content, under);
        const compact =
          inList &&
          !hasProperties &&
          content.step > 1 &&
          under === column + 2 &&
          lines[0]?.startsWith(' '.repeat(under)) &&
          !/^\s*#/.test(lines[0]);
        if (!compact) return { head: '', body: lines };
        return { head: ` ${lines[0]?.slice(under)}`, body: lines.slice(1) };
      }
      default: {
        const [head = '', ...body] = this.flow(content, column + 1).split('\n');
        return { head: ` ${head}`, body };
      }
    }
  }

  private entries(of: Collection, column: number): string[] {
    const lines: string[] = [];
    const used = new Set<string>();
    const pad = ' '.repeat(column);
    for (const entry of of.entries) {
      lines.push(...placeTrivia(entry.before, column));
      const mark = of.kind === 'list' ? '-' : keyText(entry, used, column);
      const piece = this.node(entry.value, column, of.kind === 'list');
      // No tab where a collection could begin, and no shift of a map that begins behind its dash.
      const gap =
        of.kind === 'map' && entry.keyStyle !== 'explicit'
          ? entry.gap
          : piece.body.length > 0
            ? ' '
            : entry.gap.replace('\t', ' ');
      const head = piece.head === '' ? '' : gap + piece.head.slice(1);
      lines.push(...`${pad}${mark}${head}${isOpen(piece) ? '' : entry.behind}`.split('\n'), ...piece.body);
    }
    return lines;
  }

  private flow(of: Collection, column: number): string {
    const isMap = of.kind === 'flow-map';
    let turn = 0;
    const space = (): string =>
      (of.spaces[turn++ % of.spaces.length] ?? '').replaceAll('\n', `\n${' '.repeat(column)}`);
    const used = new Set<string>();
    const parts = of.entries.map((entry) => {
      const value = this.flowNode(entry.value, column + 1);
      return isMap ? `${flowKey(entry, used)}:${value === '' ? '' : ` ${value}`}` : value || '~';
    });
    const inner = parts.map((part) => `${space()}${part}${space()}`).join(',');
    return `${isMap ? '{' : '['}${inner}${of.entries.length % 3 === 2 ? ',' : ''}${space()}${isMap ? '}' : ']'}`;
  }

  private flowNode({ content, tag }: Node, column: number): string {
    const shown = tag && `${fitting(tag, content)} `;
    switch (content.kind) {
      case 'alias': {
        const name = this.anchors[content.of % Math.max(1, this.anchors.length)];
        return name === undefined ? '' : `*${name} `;
      }
      case 'empty':
        return '';
      case 'scalar':
        return shown + flowScalar(content);
      default:
        return this.flow({ ...content, kind: content.kind.endsWith('map') ? 'flow-map' : 'flow-list' }, column);
    }
  }
}

/** Whether a comment behind the head would become part of the value, or stand behind a block header twice. */
function isOpen({ head, body }: Piece): boolean {
  return body.length > 0 && (/[|>][-+0-9]*(\s.*)?$/.test(head) || !/^\s*(&\S+|!\S*|\s)*$/.test(head));
}

/** A typing tag stands only where its text has that type, most of the time. */
function fitting(tag: string, content: Content): string {
  if (content.kind !== 'scalar') return tag.startsWith('!!') ? '' : tag;
  if (tag === '!!int') return /^[-+]?\d+$/.test(content.text) ? tag : '';
  if (tag === '!!float') return /^[-+]?[\d.]+$/.test(content.text) ? tag : '';
  if (tag === '!!null') return content.text === '' ? tag : '';
  if (tag === '!!binary') return /^(?:[\w+/]{4})*$/.test(content.text) ? tag : '';
  return tag;
}

function scalarPiece(scalar: Scalar, column: number): Piece {
  const { style, text, header, folds } = scalar;
  if (style === 'literal' || style === 'folded') return blockScalar(scalar, column);
  const one =
    style === 'plain'
      ? plain(text, false)
      : style === 'single' && !/[\n\r\u0085\u2028\u2029]/.test(text)
        ? single(text)
        : double(text, header.length);
  const at = folds ? one.indexOf(' ', 2) : -1;
  const pad = ' '.repeat(Math.max(0, column) + 1 + (header.length % 3));
  const canFold =
    at > 0 && /\S/.test(one.charAt(at - 1)) && /[a-z]/.test(one.charAt(at + 1)) && one.charAt(at - 1) !== '\\';
  if (!canFold) return { head: ` ${one}`, body: [] };
  return { head: ` ${one.slice(0, at)}`, body: [...(header === '+' ? [''] : []), pad + one.slice(at + 1)] };
}

function blockScalar({ style, text, header }: Scalar, column: number): Piece {
  const mark = style === 'literal' ? '|' : '>';
  const lines = (text === '' ? 'body' : text).replace(/[^\S\n\t ]|[\0-\x08\x0b-\x1f\x7f\ufeff]/g, '.').split('\n');
  const digit = /\d/.exec(header)?.[0];
  const needsDigit = /^[ \t\n]/.test(lines.join('\n'));
  const step = digit === undefined ? 2 : Number(digit);
  const shown = digit === undefined && needsDigit ? `2${header}` : header;
  const pad = ' '.repeat(Math.max(0, column) + step);
  const body = lines.map((line) => (line === '' ? '' : pad + line));
  return { head: ` ${mark}${shown}`, body };
}

const SAFE_PLAIN = /^[\p{L}\p{N}_+./~=<][\p{L}\p{N}_ +./~=<@%&*!?'"\\|>-]*$/u;

/** The text itself if it can stand plain there, else in double quotes. */
function plain(text: string, inFlow: boolean): string {
  const fits =
    SAFE_PLAIN.test(text) ||
    (/^-[\w.]+$/.test(text) && text !== '---') ||
    (!inFlow && /^[a-z][\w:,[\]{}#]*\w$/.test(text));
  return fits && text.trim() === text && !/:( |$)| #/.test(text) && text !== '...' && text !== '='
    ? text
    : double(text, 0);
}

function single(text: string): string {
  return /[^\t\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)
    ? double(text, 0)
    : `'${text.replaceAll("'", "''")}'`;
}

/** Double-quoted, with escapes chosen by `variant`. */
function double(text: string, variant: number): string {
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') out += `\\${character}`;
    else if (character === '\n') out += '\\n';
    else if (character === '\t') out += variant % 2 === 0 ? '\\t' : '\t';
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0x2028 && code <= 0x2029) out += code === 0x2028 ? '\\L' : '\\P';
    else if (code === 0xfeff || (code >= 0xd800 && code < 0xe000) || code === 0xfffe || code === 0xffff)
      out += '\\uFFFD';
    else if (code > 0x7e && variant % 3 === 1)
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    else out += character;
  }
  return `"${out}"`;
}

function uniqueKey(key: string, used: Set<string>): string {
  const base = key === 'sops' ? 'sops2' : key;
  let name = base;
  for (let n = 2; used.has(name); n++) name = `${base}${n}`;
  used.add(name);
  return name;
}

function keyText(entry: Entry, used: Set<string>, column: number): string {
  const name = uniqueKey(entry.key, used);
  const shown = shownKey(name, entry.keyStyle);
  return entry.keyStyle === 'explicit' ? `? ${shown}\n${' '.repeat(column)}:` : `${shown}:`;
}

function shownKey(name: string, style: Entry['keyStyle']): string {
  if (style === 'single') return single(name.replaceAll('\n', ' '));
  if (
    style === 'double' ||
    !/^[A-Za-zé漢字_<][\w<é漢字 :'"-]*$/.test(name) ||
    /: |[: ]$|^(y|yes|no|n|on|off|true|false|null|sops)$/i.test(name)
  )
    return double(name, name.length);
  return name;
}

function flowKey(entry: Entry, used: Set<string>): string {
  const name = uniqueKey(entry.key, used);
  return entry.keyStyle === 'plain' && /^[\w-]*$/.test(name) ? shownKey(name, 'plain') : double(name, 0);
}

function flowScalar({ style, text, header }: Scalar): string {
  if (style === 'plain') return plain(text, true);
  return style === 'single' && !text.includes('\n') ? single(text) : double(text, header.length);
}
