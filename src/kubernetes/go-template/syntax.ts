/** The syntax tree of a Go template. */
import type { GoValue } from './values.js';

/** What stands between two others of a template. */
export type Step =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with'; readonly pipe: Pipe; readonly body: Body; readonly otherwise: Body }
  | { readonly kind: 'range'; readonly pipe: Pipe; readonly body: Body; readonly otherwise: Body }
  | { readonly kind: 'break' | 'continue' }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | null };

export type Body = readonly Step[];

/** Commands joined by `|`, whose value may go to variables. */
export interface Pipe {
  /** One name, or two in a `range`. */
  readonly names: readonly string[];
  /** Whether the variables are there already: `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly TemplateCommand[];
  readonly line: number;
}

/** A function with its arguments, or one operand alone. */
export type TemplateCommand = readonly [Operand, ...Operand[]];

export type Operand =
  | {
      readonly kind: 'constant';
      readonly value: GoValue /** Whether it is a number, which fits into several types. */;
      readonly isNumber: boolean;
    }
  | { readonly kind: 'nil' }
  | { readonly kind: 'dot' }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'fields'; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe };

export interface Template {
  readonly body: Body;
  /** The templates that `define` and `block` name. */
  readonly defined: ReadonlyMap<string, Body>;
}
