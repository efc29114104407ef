/** From tokens to the syntax tree of a Go template. */
import { append } from '../../util/lists.js';
import { characterOf, numberOf, unquote } from './constants.js';
import type { Body, Operand, Pipe, Step, Template, TemplateCommand } from './syntax.js';
import { type Token, tokensOf } from './tokens.js';
import { refusal } from './values.js';

/** Words that begin an action and are not functions. */
const KEYWORDS: ReadonlySet<string> = new Set('block break continue define else end if range template with'.split(' '));
/** Nested deeper than anybody writes. */
const MOST_DEPTH = 100;

/** Reads a template. `isFunction` tells which names are functions. Throws for what Go's parser refuses. */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): Template {
  return new Parser(tokensOf(text), isFunction).run();
}

interface Block {
  readonly steps: Step[];
  /** The word that ended it: `end`, `else`, or nothing at the end of the text. */
  readonly ending: string;
}

class Parser {
  private at = 0;
  private depth = 0;
  private loops = 0;
  private variables: string[] = ['$'];
  private readonly defined = new Map<string, Body>();
  /** Those with something in them, which only what is blank may define again. */
  private readonly filled = new Set<string>();

  constructor(
    private readonly tokens: readonly Token[],
    private readonly isFunction: (name: string) => boolean,
  ) {}

  run(): Template {
    const { steps, ending } = this.block();
    if (ending !== '') throw this.error(`{{ ${ending} }} stands outside any block`);
    return { body: steps, defined: this.defined };
  }

  /** Steps up to `end`, `else` or the end of the text; the word itself is read, what may follow `else` is not. */
  private block(): Block {
    const steps: Step[] = [];
    for (;;) {
      const token = this.tokens[this.at++];
      if (!token) return { steps, ending: '' };
      if (token.kind === 'text') {
        steps.push({ kind: 'text', text: token.text });
        continue;
      }
      this.skipSpace();
      const word = this.peekWord();
      if (word === 'end' || word === 'else') {
        this.at += 1;
        if (word === 'end') this.expectClose();
        return { steps, ending: word };
      }
      const step = this.action(word);
      if (step) append(steps, step);
    }
  }

  /** One action, the opening braces of which were read. Definitions leave no step. */
  private action(word: string): Step[] | null {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        this.at += 1;
        return [this.control(word)];
      case 'define':
        this.at += 1;
        this.define();
        return null;
      case 'block':
        this.at += 1;
        return [this.namedBlock()];
      case 'template':
        this.at += 1;
        return [this.include()];
      case 'break':
      case 'continue':
        this.at += 1;
        if (this.loops === 0) throw this.error(`{{ ${word} }} stands outside range`);
        this.expectClose();
        return [{ kind: word }];
      default:
        return [{ kind: 'action', pipe: this.pipe('close', false) }];
    }
  }

  private control(kind: 'if' | 'with' | 'range'): Step {
    const known = this.variables.length;
    this.deeper();
    const pipe = this.pipe('close', kind === 'range');
    if (kind === 'range') this.loops += 1;
    const { steps: body, ending } = this.block();
    if (kind === 'range') this.loops -= 1;
    const otherwise = ending === 'else' ? this.otherwise(kind) : [];
    if (ending === '') throw this.error(`{{ ${kind} }} has no {{ end }}`);
    this.variables.length = known;
    this.depth -= 1;
    return { kind, pipe, body, otherwise };
  }

  /** What follows `else`: steps up to `end`, or one more `if` or `with` that shares its end. */
  private otherwise(kind: 'if' | 'with' | 'range'): Body {
    this.skipSpace();
    const next = this.peekWord();
    if (next === kind && kind !== 'range') {
      this.at += 1;
      return [this.control(kind)];
    }
    this.expectClose();
    const { steps, ending } = this.block();
    if (ending !== 'end') throw this.error(`expected {{ end }} after {{ else }}`);
    return steps;
  }

  private define(): void {
    if (this.depth > 0) throw this.error('{{ define }} stands within a block');
    const name = this.name();
    this.expectClose();
    this.defineBody(name);
  }

  private namedBlock(): Step {
    const name = this.name();
    const pipe = this.pipe('close', false);
    this.defineBody(name);
    return { kind: 'template', name, pipe };
  }

  private defineBody(name: string): void {
    const [variables, loops] = [this.variables, this.loops];
    this.variables = ['$'];
    this.loops = 0;
    this.deeper();
    const { steps, ending } = this.block();
    if (ending !== 'end') throw this.error(`template ${JSON.stringify(name)} has no {{ end }}`);
    const isBlank = steps.every((step) => step.kind === 'text' && step.text.trim() === '');
    if (!isBlank && this.filled.has(name)) throw this.error(`template ${JSON.stringify(name)} is defined twice`);
    if (!isBlank) this.filled.add(name);
    if (!isBlank || !this.defined.has(name)) this.defined.set(name, steps);
    this.depth -= 1;
    this.variables = variables;
    this.loops = loops;
  }

  private include(): Step {
    const name = this.name();
    this.skipSpace();
    const isAlone = this.tokens[this.at]?.kind === 'close';
    if (isAlone) this.expectClose();
    return { kind: 'template', name, pipe: isAlone ? null : this.pipe('close', false) };
  }

  private name(): string {
    this.skipSpace();
    const token = this.tokens[this.at++];
    if (token?.kind !== 'string' && token?.kind !== 'raw-string') throw this.error('a template is named by a string');
    return unquote(token.text);
  }

  /** A pipeline up to its closing token, which is read. `two`: two variables may be declared. */
  private pipe(until: 'close' | ')', two: boolean): Pipe {
    this.skipSpace();
    const line = this.line();
    const { names, assigns } = this.declared(two);
    const commands: TemplateCommand[] = [];
    for (;;) {
      commands.push(this.command());
      const token = this.tokens[this.at++];
      if (token?.kind === until || token?.text === until) break;
      if (token?.text !== '|') throw this.error('unexpected words in an action');
      this.skipSpace();
    }
    checkStages(commands, (reason) => this.error(reason));
    if (!assigns) append(this.variables, names);
    return { names, assigns, commands, line };
  }

  /** The variables before `:=` or `=`, if that is how the pipeline begins. */
  private declared(two: boolean): { names: string[]; assigns: boolean } {
    const start = this.at;
    const names: string[] = [];
    for (;;) {
      const token = this.tokens[this.at];
      if (token?.kind !== 'variable') break;
      this.at += 1;
      this.skipSpace();
      names.push(token.text);
      const sign = this.tokens[this.at]?.text;
      if (sign === ':=' || sign === '=') {
        this.at += 1;
        this.skipSpace();
        if (sign === '=') for (const name of names) this.checkKnown(name);
        return { names, assigns: sign === '=' };
      }
      if (sign !== ',') break;
      if (!two || names.length > 1) throw this.error('too many variables are declared');
      this.at += 1;
      this.skipSpace();
    }
    this.at = start;
    return { names: [], assigns: false };
  }

  private command(): TemplateCommand {
    const operands: Operand[] = [];
    for (;;) {
      this.skipSpace();
      const operand = this.operand();
      if (!operand) break;
      operands.push(operand);
      const next = this.tokens[this.at];
      const isEnd = next?.kind === 'space' || next?.kind === 'close' || next?.text === '|' || next?.text === ')';
      if (!isEnd) throw this.error('two operands of an action are not apart');
    }
    const [first, ...others] = operands;
    if (!first) throw this.error('an action lacks a value');
    if (first.kind === 'nil') throw this.error('nil is not a command');
    return [first, ...others];
  }

  /** An operand with the fields after it, or null when the next token begins none. */
  private operand(): Operand | null {
    const of = this.term();
    if (!of) return null;
    const names: string[] = [];
    for (let token = this.tokens[this.at]; token?.kind === 'field'; token = this.tokens[this.at]) {
      names.push(token.text);
      this.at += 1;
    }
    if (names.length === 0) return of;
    if (of.kind === 'constant' || of.kind === 'nil' || of.kind === 'dot') throw this.error('a constant has no fields');
    return of.kind === 'fields' ? { ...of, names: [...of.names, ...names] } : { kind: 'fields', of, names };
  }

  private term(): Operand | null {
    const token = this.tokens[this.at];
    if (!token) throw this.error('an action has no end');
    this.at += 1;
    switch (token.kind) {
      case 'dot':
        return { kind: 'dot' };
      case 'field':
        return { kind: 'fields', of: { kind: 'dot' }, names: [token.text] };
      case 'variable':
        this.checkKnown(token.text);
        return { kind: 'variable', name: token.text };
      case 'string':
      case 'raw-string':
        return { kind: 'constant', value: unquote(token.text), isNumber: false };
      case 'char':
        return { kind: 'constant', value: characterOf(token.text), isNumber: true };
      case 'number':
        return { kind: 'constant', value: numberOf(token.text), isNumber: true };
      case 'word':
        return this.word(token.text);
      default:
        if (token.text === '(') return this.parenthesis();
        this.at -= 1;
        return null;
    }
  }

  private parenthesis(): Operand {
    this.deeper();
    const pipe = this.pipe(')', false);
    this.depth -= 1;
    return { kind: 'pipe', pipe };
  }

  private word(text: string): Operand {
    if (text === 'nil') return { kind: 'nil' };
    if (text === 'true' || text === 'false') return { kind: 'constant', value: text === 'true', isNumber: false };
    if (KEYWORDS.has(text)) throw this.error(`{{ ${text} }} stands where a value is expected`);
    if (!this.isFunction(text)) throw this.error(`function "${text}" is not defined`);
    return { kind: 'function', name: text };
  }

  private checkKnown(name: string): void {
    if (!this.variables.includes(name)) throw this.error(`variable ${name} is not defined`);
  }

  private peekWord(): string {
    const token = this.tokens[this.at];
    return token?.kind === 'word' && KEYWORDS.has(token.text) ? token.text : '';
  }

  private skipSpace(): void {
    while (this.tokens[this.at]?.kind === 'space') this.at += 1;
  }

  private expectClose(): void {
    this.skipSpace();
    if (this.tokens[this.at++]?.kind !== 'close') throw this.error('unexpected words in an action');
  }

  private deeper(): void {
    this.depth += 1;
    if (this.depth > MOST_DEPTH) throw this.error(`blocks are nested deeper than ${MOST_DEPTH} levels`);
  }

  private line(): number {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]?.line ?? 1;
  }

  private error(reason: string): Error {
    return refusal(`line ${this.line()}: ${reason}`);
  }
}

/** After a `|` only what takes arguments may stand. */
function checkStages(commands: readonly TemplateCommand[], error: (reason: string) => Error): void {
  for (const [first] of commands.slice(1)) {
    if (first.kind === 'constant' || first.kind === 'dot' || first.kind === 'nil') {
      throw error('what follows | must be a function');
    }
  }
}
