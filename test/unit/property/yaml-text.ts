/** YAML as people write it, and stranger: random documents as text. */
import type { Arbitrary } from '../../support/fast-check.js';
import {
  type Alias,
  type Collection,
  type Content,
  type Entry,
  type Node,
  type Scalar,
  type YamlFile,
  yamlFiles,
} from './yaml-shape.js';

/** A YAML file as text. Most are well-formed; what is not must be refused cleanly. */
export const yamlText: Arbitrary<string> = yamlFiles({ exotic: true }).map((file) => print(file));

/** The same without what SOPS itself harms. */
export const tameYamlText: Arbitrary<string> = yamlFiles({ exotic: false }).map((file) => print(file, true));

function print({ docs, lineEnd, mark, final }: YamlFile, tame = false): string {
  const text = docs
    .map((each, index) => {
      const start = each.start || (index > 0 || each.directives.startsWith('%') ? '---\n' : '');
      const body = new Printer(tame).root(each.root);
      const after = placeTrivia(each.after, 0);
      const open = index > 0 && each.directives.startsWith('%') && docs[index - 1]?.end === '';
      return `${open ? '' : each.directives}${start}${[...body, ...after].join('\n')}\n${each.end}`;
    })
    .join('');
  return mark + (text.replace(/\n+$/, '') + final).replaceAll('\n', lineEnd);
}

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
  private readonly anchors: string[] = [];

  /** @param tame without comments behind brackets, aliases and nothing */
  constructor(private readonly tame: boolean) {}

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
      lines.push(
        ...`${pad}${mark}${head}${isOpen(piece) || (this.tame && /^$|[\]}*]|^ [&!]/.test(head)) ? '' : entry.behind}`.split(
          '\n',
        ),
        ...piece.body,
      );
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
  if (tag === '!!int') return /^[-+]?\d{1,18}$/.test(content.text) ? tag : '';
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
