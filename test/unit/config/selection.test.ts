import { describe, expect, test } from 'vitest';
import type { CreationRule } from '../../../src/config/model.js';
import { binaryOptions, fileOptionsFor } from '../../../src/config/selection.js';
import type { SelectionOption } from '../../../src/metadata/metadata.js';
import { hostIn } from './support.js';

type Options = Partial<Record<SelectionOption, string>>;

const optionsOf = (options: Options): Map<SelectionOption, string> =>
  new Map(Object.entries(options) as [SelectionOption, string][]);

function ruleOf(options: Options, macOnlyEncrypted = false): CreationRule {
  return {
    name: 'rule 1',
    pathRegex: '',
    keys: new Map(),
    awsProfile: '',
    keyGroups: [],
    shamirThreshold: 0,
    selection: optionsOf(options),
    macOnlyEncrypted,
    unknownKeys: [],
  };
}

describe('fileOptionsFor', () => {
  test.each([
    [null, {}, 'unencrypted_suffix _unencrypted'],
    [{}, { encrypted_regex: '' }, 'unencrypted_suffix _unencrypted'],
    [{ encrypted_regex: 'a' }, {}, 'encrypted_regex a'],
    [{ encrypted_regex: 'a' }, { encrypted_regex: 'b' }, 'encrypted_regex b'],
    [{ encrypted_regex: 'a' }, { encrypted_regex: '' }, 'encrypted_regex a'],
    [null, { encrypted_comment_regex: 'c' }, 'encrypted_comment_regex c'],
    [{}, { unencrypted_suffix: '_x' }, 'unencrypted_suffix _x'],
  ])('rule %j, flags %j', (rule, flags, expected) => {
    const { selection } = fileOptionsFor({ rule: rule && ruleOf(rule), flags: optionsOf(flags) });
    expect(`${selection?.option} ${selection?.text}`).toBe(expected);
  });

  test.each([
    [
      { encrypted_regex: 'a' },
      { encrypted_suffix: 'b' },
      'Set are encrypted_regex by rule 1, encrypted_suffix by flag.',
    ],
    [
      null,
      { encrypted_regex: 'a', unencrypted_regex: 'b' },
      'Set are encrypted_regex by flag, unencrypted_regex by flag.',
    ],
  ])('rule %j with flags %j', (rule, flags, hint) => {
    const run = (): unknown => fileOptionsFor({ rule: rule && ruleOf(rule), flags: optionsOf(flags) });
    expect(run).toThrow(/^cannot use more than one of encrypted_suffix, .* in the same file$/);
    expect(run).toThrow(expect.objectContaining({ code: 'conflict', exitStatus: 8, hint }));
  });

  test.each([
    [false, undefined, false],
    [true, undefined, true],
    [true, false, true],
    [false, true, true],
  ])('mac_only_encrypted: rule %j, flag %j', (inRule, flag, expected) => {
    expect(fileOptionsFor({ rule: ruleOf({}, inRule), macOnlyEncrypted: flag }).macOnlyEncrypted).toBe(expected);
  });
});

describe('binaryOptions', () => {
  test('none, silently', () => {
    const host = hostIn('/');
    expect(binaryOptions({ rule: null }, host)).toEqual({ selection: null, macOnlyEncrypted: false });
    expect(host.warnings).toEqual([]);
  });

  test('a warning for each option that is set, even if they exclude each other', () => {
    const host = hostIn('/');
    const rule = ruleOf({ encrypted_regex: 'a', encrypted_comment_regex: 'c' }, true);
    const flags = optionsOf({ unencrypted_suffix: 'b' });
    expect(binaryOptions({ rule, flags, macOnlyEncrypted: true }, host)).toEqual({
      selection: null,
      macOnlyEncrypted: false,
    });
    const one = 'the binary store produces one key that should always be encrypted';
    expect(host.warnings).toEqual([
      'Using an encrypted comment regex does not make sense with the input store (the binary store never produces comments) and will be ignored.',
      `Using an encrypted regex does not make sense with the input store (${one}) and will be ignored.`,
      `Using an unencrypted suffix does not make sense with the input store (${one}) and will be ignored.`,
    ]);
  });
});
