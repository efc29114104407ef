import { describe, expect, test } from 'vitest';
import { creationRuleFor, overlapOf, type RuleOptions } from '../../../src/config/creation-rule.js';
import type { CreationRule, Rules } from '../../../src/config/model.js';
import { hostIn, type TestHost } from './support.js';

function rule(at: number, over: Partial<CreationRule> = {}): CreationRule {
  return {
    name: `rule ${at}`,
    pathRegex: '',
    keys: new Map([['age', { texts: [`key${at}`] }]]),
    awsProfile: '',
    keyGroups: [],
    shamirThreshold: 0,
    selection: new Map(),
    macOnlyEncrypted: false,
    unknownKeys: [],
    ...over,
  };
}

function configOf(rules: CreationRule[] | null, folder = '/repo'): Rules {
  return {
    path: '.sops.yaml',
    folder,
    creationRules: rules,
    destinationRules: [],
    stores: { yaml: undefined, json: undefined, jsonBinary: undefined },
    formats: [],
    matchesOutput: false,
    referenceGrants: [],
    recipientsFiles: [],
  };
}

function byPatterns(...patterns: string[]): Rules {
  return configOf(patterns.map((pathRegex, at) => rule(at, { pathRegex })));
}

async function nameFor(
  config: Rules,
  path: string,
  host: TestHost,
  options?: RuleOptions,
): Promise<string | undefined> {
  return (await creationRuleFor(config, path, host, options))?.name;
}

const host = (cwd = '/repo', platform: NodeJS.Platform = 'linux'): TestHost => hostIn(cwd, {}, platform);

describe('the path compared', () => {
  test.each([
    ['/repo', 'a/b.yaml', '^a/b\\.yaml$'],
    ['/repo/a', 'b.yaml', '^a/b\\.yaml$'],
    ['/repo/a', './x/../b.yaml', '^a/b\\.yaml$'],
    ['/repo/a', '../b.yaml', '^b\\.yaml$'],
    ['/repo', '/repo/a/b.yaml', '^a/b\\.yaml$'],
    ['/repo', '../other/b.yaml', '^/other/b\\.yaml$'],
    ['/repo', '/repository/b.yaml', '^/repository/b\\.yaml$'],
    ['/repo', '.', '^/repo$'],
  ])('in %s, %s matches %s', async (cwd, path, pattern) => {
    expect(await nameFor(byPatterns(pattern), path, host(cwd))).toBe('rule 0');
  });

  test('below a configuration in the root folder it stays absolute, as in SOPS', async () => {
    const config = configOf([rule(0, { pathRegex: '^/a/b$' })], '/');
    expect(await nameFor(config, 'a/b', host('/'))).toBe('rule 0');
  });

  test.each(['^a\\\\b\\.yaml$', '^a/b\\.yaml$'])('on Windows with either separator: %s', async (pattern) => {
    const config = configOf([rule(0, { pathRegex: pattern })], 'C:\\repo');
    expect(await nameFor(config, 'a\\b.yaml', host('C:\\repo', 'win32'))).toBe('rule 0');
  });

  // Files made by some programs of macOS, and names that others type, have accents as characters of their own.
  test.each([
    ['NFC', 'NFD'],
    ['NFD', 'NFC'],
  ])('on macOS whether the rule has accents as %s or %s', async (ofRule, ofPath) => {
    const config = byPatterns('^schl\u00fcssel/'.normalize(ofRule), '');
    const path = 'schl\u00fcssel/a'.normalize(ofPath);
    expect(await nameFor(config, path, host('/repo', 'darwin'))).toBe('rule 0');
    expect(await nameFor(config, path, host('/repo', 'linux'))).toBe('rule 1');
  });
});

describe('the rule', () => {
  test('no configuration, or one without rules', async () => {
    expect(await creationRuleFor(null, 'a', host())).toBeNull();
    expect(await creationRuleFor(configOf(null), 'a', host())).toBeNull();
  });

  test.each([
    ['x.yaml', 'rule 0'],
    ['X.YAML', 'rule 1'],
    ['s/a.env', 'rule 2'],
    ['other', 'rule 3'],
  ])('%s gets %s', async (path, name) => {
    expect(await nameFor(byPatterns('\\.yaml$', '(?i)\\.YAML$', 's/', '', '('), path, host())).toBe(name);
  });

  test('none matches', async () => {
    await expect(creationRuleFor(byPatterns('x'), 'a', host())).rejects.toMatchObject({
      code: 'config',
      message: 'error loading config: no matching creation rules found',
      hint: 'The rules of .sops.yaml were compared with the path "a"; see: sops-ts why a',
    });
    await expect(creationRuleFor(configOf([]), 'a', host())).rejects.toMatchObject({ code: 'config' });
  });

  test('none matches, but the keys are given', async () => {
    const told = host();
    expect(await creationRuleFor(byPatterns('x'), 'a', told, { keysGiven: true })).toBeNull();
    expect(told.warnings).toEqual(['no creation rule of .sops.yaml is for a; only the keys given are used']);
  });

  test('a pattern that is reached must be sound', async () => {
    const failure = creationRuleFor(byPatterns('x', '(?=a)'), 'a', host());
    await expect(failure).rejects.toMatchObject({ code: 'config', hint: 'See rule 1.' });
    await expect(failure).rejects.toThrow(/^can not compile regexp: .*invalid or unsupported Perl syntax: `\(\?=`/);
  });

  test('a hostile pattern takes no long time', async () => {
    expect(await nameFor(byPatterns('(a*)*b', ''), `${'a'.repeat(2000)}c`, host())).toBe('rule 1');
  });

  test('two options in one rule', async () => {
    const selection = new Map([
      ['encrypted_suffix', 'a'],
      ['encrypted_regex', 'b'],
    ] as const);
    await expect(creationRuleFor(configOf([rule(0, { selection })]), 'a', host())).rejects.toThrow(
      /^error loading config: cannot use more than one of encrypted_suffix, .* for the same rule$/,
    );
  });

  test('keys that are not known count in the rule used only', async () => {
    const unknownKeys = [{ key: 'owner', suggestion: undefined }];
    const misspelt = [{ key: 'agee', suggestion: 'age' }];
    const config = configOf([
      rule(0, { pathRegex: '^a', unknownKeys: misspelt }),
      rule(1, { pathRegex: '^b', unknownKeys }),
    ]);
    const told = host();
    await creationRuleFor(config, 'b', told);
    await creationRuleFor(config, 'bb', told);
    expect(told.warnings).toEqual(['rule 1: unknown key "owner" is ignored']);
    await expect(creationRuleFor(config, 'a', told)).rejects.toMatchObject({
      code: 'config',
      message: 'rule 0: unknown key "agee"; did you mean "age"?',
    });
    const asSops = { ...host(), calledAsSops: true };
    await creationRuleFor(config, 'a', asSops);
    expect(asSops.warnings).toEqual(['rule 0: unknown key "agee" is ignored; did you mean "age"?']);
  });
});

describe('a second rule that matches is told to those who ask for explanations', () => {
  async function warningsOf(second: Partial<CreationRule>, first: Partial<CreationRule> = {}): Promise<string[]> {
    const keys = new Map([['age', { texts: ['key'] }]]);
    const told = host();
    const config = configOf([
      rule(0, { pathRegex: 'a', keys, ...first }),
      rule(1, { pathRegex: 'a', keys, ...second }),
    ]);
    await creationRuleFor(config, 'a', told);
    expect(told.warnings).toEqual([]);
    const overlap = await overlapOf(config, 'a', told);
    return overlap === undefined ? [] : [overlap];
  }

  const warning = ['rule 0 is used for a; rule 1 matches it too and would encrypt it differently'];

  test.each([
    { keys: new Map([['pgp', { texts: ['key'] }]]) },
    { selection: new Map([['encrypted_regex', 'x'] as const]) },
    { shamirThreshold: 2 },
    { macOnlyEncrypted: true },
    { keyGroups: [{ merge: [], keys: new Map([['age', ['key']]]) }] },
  ])('with another effect: %j', async (second) => {
    expect(await warningsOf(second)).toEqual(warning);
  });

  test('with the same effect', async () => {
    expect(await warningsOf({ unknownKeys: [{ key: 'owner', suggestion: undefined }] })).toEqual([]);
  });

  test('for every other file', async () => {
    expect(await warningsOf({ pathRegex: '', shamirThreshold: 2 })).toEqual([]);
  });

  test('that can never be reached', async () => {
    expect(await warningsOf({ shamirThreshold: 2 }, { pathRegex: '' })).toEqual(warning);
  });

  test('not at all', async () => {
    expect(await warningsOf({ pathRegex: 'b', shamirThreshold: 2 })).toEqual([]);
    expect(await warningsOf({ pathRegex: '(', shamirThreshold: 2 })).toEqual([]);
  });
});
