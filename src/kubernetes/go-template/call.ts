/** How templates call functions: parameters with Go's types, and arguments that must fit them. */
import type { Operand } from './syntax.js';
import { GoInteger, GoMap, type GoValue, refusal, typeOf } from './values.js';

/** A parameter's type. `dict` is `map[string]interface {}`; an `int` reaches the function as a number. */
export type Parameter = 'any' | 'string' | 'int' | 'bool' | 'dict';

interface Types {
  readonly any: GoValue;
  readonly string: string;
  readonly int: number;
  readonly bool: boolean;
  readonly dict: GoMap;
}
type Arguments<P extends readonly Parameter[]> = { [At in keyof P]: Types[P[At]] };
type Argument = Types[Parameter];

export interface GoFunction {
  readonly parameters: readonly Parameter[];
  /** The type of any further arguments; undefined when there may be none. */
  readonly rest: Parameter | undefined;
  call(args: readonly Argument[]): GoValue;
}

export type FunctionTable = Readonly<Record<string, GoFunction>>;

/** A function with as many parameters as are named. */
export function fixed<const P extends readonly Parameter[]>(
  parameters: P,
  call: (...args: Arguments<P>) => GoValue,
): GoFunction {
  return { parameters, rest: undefined, call: (args) => call(...(args as unknown as Arguments<P>)) };
}

/** A function that takes any number of arguments of one type after the first ones. */
export function variadic<const P extends readonly Parameter[], R extends Parameter>(
  parameters: P,
  rest: R,
  call: (first: Arguments<P>, others: readonly Types[R][]) => GoValue,
): GoFunction {
  const count = parameters.length;
  return {
    parameters,
    rest,
    call: (args) => call(args.slice(0, count) as unknown as Arguments<P>, args.slice(count) as Types[R][]),
  };
}

/** The names of a function that is known by several. */
export function named(names: string, method: GoFunction): FunctionTable {
  return Object.fromEntries(names.split(' ').map((name) => [name, method]));
}

/** The arguments of a call, each as its parameter takes it. Throws where Go says that their number or a type is wrong. */
export function argumentsFor(
  name: string,
  { parameters, rest }: GoFunction,
  given: readonly { readonly value: GoValue; readonly operand: Operand | null }[],
): Argument[] {
  const isCount = rest === undefined ? given.length === parameters.length : given.length >= parameters.length;
  if (!isCount) throw refusal(`${name} is given ${given.length} arguments, which is not what it takes`);
  return given.map(({ value, operand }, at) => argumentFor(parameters[at] ?? rest ?? 'any', value, operand, name));
}

function argumentFor(parameter: Parameter, value: GoValue, operand: Operand | null, name: string): Argument {
  switch (parameter) {
    case 'any':
      return value;
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'int':
      if (value instanceof GoInteger && value.type === 'int') return Number(value.value);
      if (operand?.kind === 'constant' && typeof value === 'number' && Number.isInteger(value)) return value;
      break;
    case 'dict':
      if (value === null) return new GoMap(new Map());
      if (value instanceof GoMap && value.element === 'interface {}') return value;
  }
  const wanted = parameter === 'dict' ? 'map[string]interface {}' : parameter;
  throw refusal(`${name} needs a ${wanted} where there is ${value === null ? 'no value' : `a ${typeOf(value)}`}`);
}
