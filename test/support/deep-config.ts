/** Configurations whose values are nested as deep as SOPS reads them, in every way that YAML has. */
import { DEEP_TEXTS, SHORT_SHAPES } from './deep-text.js';

export const DEEPEST_CONFIG = 10_000;
/** What stands around a tower takes some levels. */
const HIGH = DEEPEST_CONFIG - 10;
/** What aliases stand for is counted, and grows with the square of these. */
const ALIASES = 300;
/** Texts that grow with the square of their depth. */
const INDENTED = 600;

function nested(levels: number, [open, close]: readonly [string, string], inner: string): string {
  return `${open.repeat(levels)}${inner}${close.repeat(levels)}`;
}

/** Anchors each of which stands for the one before it and something. */
function tower(name: string, ground: string, levels: number, floor: (below: string, at: number) => string): string {
  const floors = Array.from({ length: levels }, (_, at) => `  - &${name}${at + 1} ${floor(`*${name}${at}`, at)}\n`);
  return `${name}:\n  - &${name}0 ${ground}\n${floors.join('')}`;
}

/** Entries at the top that no program looks at, by shape. */
export const DEEP_CONFIGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(DEEP_TEXTS).map(([shape, textOf], at) => [
      shape,
      textOf(SHORT_SHAPES.has(shape) ? HIGH : INDENTED).replace(/^a:/, `tower${at}:`),
    ]),
  ),
  merges: `merges: ${nested(HIGH, ['{<<: ', '}'], '{b: x}')}\n`,
  'aliases in one another': tower('aliases', '{b: x}', ALIASES, (below) => `[${below}]`),
  'merges in one another': tower('merging', '{b: x}', ALIASES, (below, at) => `{c${at}: x, <<: ${below}}`),
};

/** Whole configurations by the shape of their one rule, which is for the recipient at their ground. */
export const DEEP_RULES: Readonly<Record<string, (recipient: string) => string>> = {
  merges: (recipient) => `creation_rules:\n  - ${nested(HIGH, ['{<<: ', '}'], `{age: "${recipient}"}`)}\n`,
  'merges with fields of their own': (recipient) =>
    `creation_rules:\n  - ${nested(HIGH, ['{mac_only_encrypted: true, <<: ', '}'], `{age: "${recipient}"}`)}\n`,
  'merges in one another': (recipient) =>
    `${tower('floors', `{age: "${recipient}"}`, ALIASES, (below) => `{mac_only_encrypted: true, <<: ${below}}`)}` +
    `creation_rules:\n  - *floors${ALIASES}\n`,
  'groups that merge groups': (recipient) =>
    `creation_rules:\n  - key_groups: ${nested(HIGH / 2, ['[{merge: ', '}]'], `[{age: ["${recipient}"]}]`)}\n`,
};
