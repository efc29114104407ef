/** Carrying out a parsed template, step by step, as Go does. */
import { SopsError } from '../../errors.js';
import { argumentsFor, type FunctionTable } from './call.js';
import { actionText } from './print.js';
import type { Body, Operand, Pipe, Step, Template, TemplateCommand } from './syntax.js';
import { elementsOf, GoInteger, GoList, GoMap, type GoValue, int, isEmpty, refusal, typeOf } from './values.js';

/** A Secret holds a mebibyte; whoever makes more of one is stopped before the memory is full. */
const MOST_CHARACTERS = 2 ** 24;
const MOST_STEPS = 1_000_000;
const MOST_INCLUDES = 100;

type Ending = 'break' | 'continue' | undefined;
/** What a field is when its map does not have it; nil within a map is null. */
type Found = GoValue | undefined;

/** The text that a template makes of its data. Throws where Go's execution fails. */
export function runTemplate(template: Template, data: GoValue, functions: FunctionTable): string {
  const run = new Run(template, functions);
  run.walk(template.body, data, new Scope(data));
  return run.text();
}

/** The variables of a block, and of those around it. */
class Scope {
  private readonly own = new Map<string, GoValue>();

  constructor(
    private readonly root: GoValue,
    private readonly around?: Scope,
  ) {}

  inner(): Scope {
    return new Scope(this.root, this);
  }

  get(name: string): GoValue {
    if (name === '$') return this.root;
    return this.own.get(name) ?? (this.own.has(name) ? null : (this.around?.get(name) ?? null));
  }

  declare(name: string, value: GoValue): void {
    this.own.set(name, value);
  }

  assign(name: string, value: GoValue): void {
    if (this.own.has(name) || !this.around) this.own.set(name, value);
    else this.around.assign(name, value);
  }
}

class Run {
  private readonly parts: string[] = [];
  private length = 0;
  private steps = 0;
  private includes = 0;

  constructor(
    private readonly template: Template,
    private readonly functions: FunctionTable,
  ) {}

  text(): string {
    return this.parts.join('');
  }

  walk(body: Body, dot: GoValue, scope: Scope): Ending {
    for (const step of body) {
      const ending = this.step(step, dot, scope);
      if (ending) return ending;
    }
    return undefined;
  }

  private step(step: Step, dot: GoValue, scope: Scope): Ending {
    this.count();
    switch (step.kind) {
      case 'text':
        return this.write(step.text);
      case 'action': {
        const value = this.pipe(step.pipe, dot, scope);
        return step.pipe.names.length > 0 ? undefined : this.write(actionText(value));
      }
      case 'if':
      case 'with': {
        const inner = scope.inner();
        const value = this.pipe(step.pipe, dot, inner);
        if (isEmpty(value)) return this.walk(step.otherwise, dot, inner);
        return this.walk(step.body, step.kind === 'with' ? value : dot, inner);
      }
      case 'range':
        return this.range(step, dot, scope.inner());
      case 'template':
        return this.include(step.name, step.pipe && this.pipe(step.pipe, dot, scope));
      default:
        return step.kind;
    }
  }

  private count(): void {
    this.steps += 1;
    if (this.steps > MOST_STEPS) throw refusal('the template takes too many steps');
  }

  private write(text: string): undefined {
    this.length += text.length;
    if (this.length > MOST_CHARACTERS) throw refusal('the template makes a text too large for a Secret');
    this.parts.push(text);
  }

  private range(step: Extract<Step, { kind: 'range' }>, dot: GoValue, scope: Scope): Ending {
    const { names, assigns } = step.pipe;
    const over = this.operandsOf(step.pipe, dot, scope);
    let isAny = false;
    for (const [key, item] of entriesOf(over, names.length)) {
      isAny = true;
      this.count();
      const inner = scope.inner();
      const [first, second] = names;
      const set = (name: string, value: GoValue): void =>
        assigns ? scope.assign(name, value) : inner.declare(name, value);
      if (first !== undefined) set(first, second === undefined ? item : key);
      if (second !== undefined) set(second, item);
      const ending = this.walk(step.body, item, inner);
      if (ending === 'break') break;
    }
    return isAny ? undefined : this.walk(step.otherwise, dot, scope);
  }

  private include(name: string, data: GoValue): undefined {
    const body = this.template.defined.get(name);
    if (!body) throw refusal(`template ${JSON.stringify(name)} is not defined`);
    this.includes += 1;
    if (this.includes > MOST_INCLUDES) throw refusal('templates include each other too deeply');
    this.walk(body, data, new Scope(data));
    this.includes -= 1;
  }

  /** The value of a pipeline; its variables are set. */
  private pipe(pipe: Pipe, dot: GoValue, scope: Scope): GoValue {
    const value = this.operandsOf(pipe, dot, scope);
    for (const name of pipe.names) {
      if (pipe.assigns) scope.assign(name, value);
      else scope.declare(name, value);
    }
    return value;
  }

  private operandsOf({ commands, line }: Pipe, dot: GoValue, scope: Scope): GoValue {
    let value: GoValue | undefined;
    try {
      for (const command of commands) value = this.command(command, dot, scope, value);
    } catch (error) {
      throw placed(error, line);
    }
    return value ?? null;
  }

  /** `piped` is the value of the command before, which becomes the last argument; undefined for the first. */
  private command(command: TemplateCommand, dot: GoValue, scope: Scope, piped: GoValue | undefined): GoValue {
    const [first, ...others] = command;
    if (first.kind === 'function') return this.call(first.name, others, dot, scope, piped);
    if (others.length > 0 || piped !== undefined) throw refusal('arguments are given to what is not a function');
    return this.operand(first, dot, scope);
  }

  private call(
    name: string,
    operands: readonly Operand[],
    dot: GoValue,
    scope: Scope,
    piped: GoValue | undefined,
  ): GoValue {
    if (name === 'and' || name === 'or') return this.shortCut(name, operands, dot, scope, piped);
    const method = this.functions[name];
    if (!method) throw refusal(`function "${name}" is not defined`);
    const given = operands.map((operand) => ({
      value: this.operand(operand, dot, scope),
      operand: operand as Operand | null,
    }));
    if (piped !== undefined) given.push({ value: piped, operand: null });
    return method.call(argumentsFor(name, method, given));
  }

  /** `and` and `or` look at no more arguments than they need. */
  private shortCut(
    name: 'and' | 'or',
    operands: readonly Operand[],
    dot: GoValue,
    scope: Scope,
    piped: GoValue | undefined,
  ): GoValue {
    let value: GoValue | undefined;
    for (const operand of operands) {
      value = this.operand(operand, dot, scope);
      if (isEmpty(value) === (name === 'and')) return value;
    }
    const last = piped === undefined ? value : piped;
    if (last === undefined) throw refusal(`${name} is given no arguments`);
    return last;
  }

  private operand(operand: Operand, dot: GoValue, scope: Scope): GoValue {
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'nil':
        return null;
      case 'dot':
        return dot;
      case 'variable':
        return scope.get(operand.name);
      case 'pipe':
        return this.pipe(operand.pipe, dot, scope);
      case 'function':
        return this.call(operand.name, [], dot, scope, undefined);
      case 'fields':
        return fieldsOf(this.operand(operand.of, dot, scope), operand.names);
    }
  }
}

/** The fields of fields of a value. Throws where a value has none. */
function fieldsOf(value: GoValue, names: readonly string[]): GoValue {
  let at: Found = value === null ? undefined : value;
  for (const name of names) {
    if (at === undefined) return null;
    if (at === null) throw refusal(`nil has no field ${name}`);
    if (!(at instanceof GoMap)) throw refusal(`a ${typeOf(at)} has no field ${name}`);
    at = at.entries.get(name);
  }
  return at ?? null;
}

/** What `range` goes through: keys (or places) with what is there. */
function* entriesOf(over: GoValue, names: number): Generator<readonly [GoValue, GoValue]> {
  if (over instanceof GoInteger) {
    if (names > 1) throw refusal('range over a number takes one variable');
    for (let at = 0n; at < over.value; at++) yield [null, new GoInteger(at, over.type)];
  } else if (over instanceof GoList) {
    for (const [at, item] of elementsOf(over).entries()) yield [int(at), item];
  } else if (over instanceof GoMap) {
    for (const key of over.sortedKeys()) yield [key, over.entries.get(key) ?? null];
  } else if (over !== null) {
    throw refusal(`range cannot go through a ${typeOf(over)}`);
  }
}

/** A refusal with its line in front, unless it has one. */
function placed(error: unknown, line: number): unknown {
  if (!(error instanceof SopsError) || error.message.startsWith('line ')) return error;
  return refusal(`line ${line}: ${error.message}`);
}
