/** `why`: which rule, who, what; never a value. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Explanation } from '../../../src/operations/explain/explanation.js';
import { RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { run } from '../../support/run.js';

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];

const CONFIG = `keys:
  - &me ${FIRST}
  - &bob ${SECOND}
creation_rules:
  - path_regex: ^prod/
    age: *bob
  - path_regex: secrets/
    encrypted_regex: ^hidden$
    mac_only_encrypted: true
    key_groups:
      - age: [*me]
      - age: [*bob, ${THIRD}]
  - path_regex: \\.yaml$
    age: *me
`;
const CANARY = 'c4n4ry-value';
const TEXT = `# ${CANARY}\nhidden: {a: ${CANARY}, list: [x, ""]}\nopen: ${CANARY}-open\nnothing:\n`;

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
  yard.configure(CONFIG);
  for (const folder of ['prod', 'secrets', 'other']) mkdirSync(join(yard.folder, folder));
});
afterEach(() => yard.remove());

async function explain(...words: string[]): Promise<Explanation & { status: number }> {
  const { status, stdout, stderr } = await yard.run(['why', '--json', ...words]);
  expect(stderr).toBe('');
  expect(stdout.toString()).not.toContain(CANARY);
  return { status, ...(JSON.parse(stdout.toString()) as Explanation) };
}

async function tell(...words: string[]): Promise<string> {
  const { stdout, stderr } = await yard.run(['why', ...words]);
  expect(`${stdout}${stderr}`).not.toContain(CANARY);
  return stdout.toString();
}

describe('a file that is still to be encrypted', () => {
  test('the rule, why the others are not, who, and what', async () => {
    yard.write('secrets/app.yaml', TEXT);
    expect(await explain('secrets/app.yaml')).toEqual({
      status: 0,
      file: 'secrets/app.yaml',
      exists: true,
      encrypted: false,
      format: 'yaml',
      config: { path: '.sops.yaml', foundBy: 'search from the working directory upwards' },
      configProblem: null,
      comparedPath: 'secrets/app.yaml',
      rules: [
        { name: 'creation rule 1 of .sops.yaml', pathRegex: '^prod/', verdict: 'does not match' },
        { name: 'creation rule 2 of .sops.yaml', pathRegex: 'secrets/', verdict: 'used' },
        { name: 'creation rule 3 of .sops.yaml', pathRegex: '\\.yaml$', verdict: 'matches too late' },
      ],
      plan: {
        from: 'creation rule 2 of .sops.yaml',
        groups: [
          [{ type: 'age', recipient: FIRST, name: 'me' }],
          [
            { type: 'age', recipient: SECOND, name: 'bob' },
            { type: 'age', recipient: THIRD },
          ],
        ],
        shamirThreshold: 2,
        rule: { option: 'encrypted_regex', text: '^hidden$' },
        macOnlyEncrypted: true,
      },
      current: null,
      change: null,
      values: { encrypted: ['["hidden"]["a"]', '["hidden"]["list"][0]'], plain: ['["open"]'], encryptedComments: 0 },
      problems: [],
      notes: [expect.stringContaining('creation rule 3 of .sops.yaml matches it too')],
    });
  });

  test('the same in words', async () => {
    yard.write('secrets/app.yaml', TEXT);
    const text = await tell('secrets/app.yaml');
    for (const line of [
      'File: secrets/app.yaml (yaml, not encrypted)',
      '   2  secrets/  matches: this rule is used',
      '  2 of these 2 groups together:',
      `    age ${SECOND} (bob)`,
      '  encrypted_regex: ^hidden$; the MAC covers encrypted values only',
      'Would be encrypted (values: 2):',
      'Would stay readable (values: 1):',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  test('what encrypt then does is what was told', async () => {
    yard.write('secrets/app.yaml', TEXT);
    const { values, plan } = await explain('secrets/app.yaml');
    expect((await yard.run(['encrypt', '-i', 'secrets/app.yaml'])).status).toBe(0);
    const after = await explain('secrets/app.yaml');
    expect(after.values).toEqual(values);
    expect(after.current?.groups).toEqual(plan?.groups);
    expect(after.current).toMatchObject({ shamirThreshold: 2, rule: plan?.rule, macOnlyEncrypted: true });
    expect([after.encrypted, after.change, after.problems]).toEqual([true, null, []]);
  });

  test('flags count as for encrypt', async () => {
    yard.write('secrets/app.yaml', 'a: 1\nb_x: 2\n');
    yard.configure('');
    const { plan, values } = await explain('--age', THIRD, '--encrypted-suffix', '_x', 'secrets/app.yaml');
    expect(plan?.groups).toEqual([[{ type: 'age', recipient: THIRD }]]);
    expect(plan?.from).toContain('flags or variables');
    expect(values).toEqual({ encrypted: ['["b_x"]'], plain: ['["a"]'], encryptedComments: 0 });
  });

  test.skipIf(process.platform === 'win32')(
    'a file of which nobody can tell is none that is not there yet',
    async () => {
      symlinkSync('loop.yaml', join(yard.folder, 'loop.yaml'));
      const { status, stdout, stderr } = await yard.run(['why', 'loop.yaml']);
      expect([status > 0, stdout.toString()]).toEqual([true, '']);
      expect(stderr).toContain('loop.yaml: too many symbolic links');
    },
  );

  test('a file that is not there yet, and a binary one', async () => {
    const later = await explain('prod/new.json');
    expect([later.exists, later.values, later.plan?.groups]).toEqual([
      false,
      null,
      [[{ type: 'age', recipient: SECOND, name: 'bob' }]],
    ]);
    yard.write('prod/blob', CANARY);
    expect((await explain('prod/blob')).values?.encrypted).toEqual(['the whole content']);
    expect(await tell('prod/blob')).toContain('What is encrypted:\n  the whole content\n');
  });

  test('many paths are cut in words, and all there in JSON', async () => {
    const lines = Array.from({ length: 80 }, (_, at) => `k${at}: v`);
    yard.write('prod/many.yaml', lines.join('\n'));
    expect(await tell('prod/many.yaml')).toContain('  … and 30 more (--json has all)\n');
    expect((await explain('prod/many.yaml')).values?.encrypted).toHaveLength(80);
  });
});

describe('how the configuration was found', () => {
  test('from the folder of the file, by flag, by variable', async () => {
    const elsewhere = join(yard.folder, 'other');
    writeFileSync(join(yard.folder, 'second.yaml'), `creation_rules:\n  - age: ${THIRD}\n`);
    const at = async (words: readonly string[], env = {}): Promise<unknown> => {
      const { stdout } = await run(['why', '--json', ...words], { cwd: elsewhere, env });
      return (JSON.parse(stdout.toString()) as Explanation).config;
    };
    expect(await at(['x.yaml'])).toEqual({
      path: '../.sops.yaml',
      foundBy: 'search from the working directory upwards',
    });
    expect(await at(['--config', '../second.yaml', 'x.yaml'])).toEqual({ path: '../second.yaml', foundBy: '--config' });
    expect(await at(['x.yaml'], { SOPS_CONFIG: '../second.yaml' })).toMatchObject({ foundBy: 'SOPS_CONFIG' });
    const outside = await run(['why', '--json', join(yard.folder, 'prod/x.yaml')], { cwd: '/' });
    expect(JSON.parse(outside.stdout.toString()).config.foundBy).toBe('search from the folder of the file upwards');
  });

  test('one that lies nearer is noted', async () => {
    writeFileSync(join(yard.folder, 'other/.sops.yaml'), 'creation_rules: []\n');
    expect((await explain('other/x.yaml')).notes.join()).toContain('other/.sops.yaml" is nearer to the file');
  });
});

describe('an encrypted file', () => {
  test('who can read it now, and what updatekeys would change', async () => {
    await yard.encrypt('prod/app.yaml', TEXT, [0, 2]);
    const found = await explain('prod/app.yaml');
    expect(found.current?.groups).toEqual([
      [
        { type: 'age', recipient: FIRST, name: 'me' },
        { type: 'age', recipient: THIRD },
      ],
    ]);
    expect(found.change?.groups).toEqual([{ kept: [], added: [SECOND], removed: [FIRST, THIRD] }]);
    expect(found.status).toBe(0);
    expect(await tell('prod/app.yaml')).toContain(`  --- ${THIRD}\n`);
  });

  test('needs no key and no configuration', async () => {
    await yard.encrypt('prod/app.yaml', TEXT, [1]);
    yard.configure('');
    const { status, stdout } = await yard.run(['why', '--json', 'prod/app.yaml'], { keys: [] });
    expect(status).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ encrypted: true, plan: null, change: null, problems: [] });
  });

  test('a rule that selects otherwise is noted', async () => {
    await yard.encrypt('secrets/app.yaml', TEXT, [0]);
    yard.configure(`creation_rules:\n  - encrypted_suffix: _x\n    age: ${FIRST}\n`);
    expect((await explain('secrets/app.yaml')).notes.join()).toContain('selects values in another way');
  });

  test('under a name that tells another format, found all the same', async () => {
    await yard.encrypt('prod/app.yaml', TEXT, [1]);
    yard.write('prod/app.conf', yard.read('prod/app.yaml'));
    const found = await explain('prod/app.conf');
    expect([found.encrypted, found.format, found.problems]).toEqual([true, 'yaml', []]);
    expect(found.notes.join()).toContain('--input-type yaml');
  });

  test('metadata that cannot be understood is a problem, not the end', async () => {
    await yard.encrypt('prod/app.yaml', TEXT, [0]);
    yard.write('prod/app.yaml', yard.read('prod/app.yaml').replace(/lastmodified: .*/, 'lastmodified: never'));
    const found = await explain('prod/app.yaml');
    expect([found.status, found.encrypted, found.current]).toEqual([1, true, null]);
    expect(found.problems).toHaveLength(1);
  });
});

describe('problems: told, with exit status 1', () => {
  test.each([
    ['no rule is for it', CONFIG, 'x.json', 'no matching creation rules found'],
    ['no configuration', '', 'x.yaml', 'no keys provided'],
    ['a configuration that is not YAML', 'a: [', 'x.yaml', 'config'],
    [
      'a malformed expression',
      'creation_rules:\n  - path_regex: "("\n    age: x\n',
      'x.yaml',
      'can not compile regexp',
    ],
    ['a misspelt key', `creation_rules:\n  - encrypted_regx: x\n    age: ${FIRST}\n`, 'x.yaml', 'encrypted_regex'],
    ['a malformed recipient', 'creation_rules:\n  - age: age1nope\n', 'x.yaml', 'malformed Bech32'],
    ['a rule without recipients', 'creation_rules:\n  - path_regex: x\n', 'x.yaml', 'no recipients'],
    [
      'nothing would be encrypted',
      `creation_rules:\n  - encrypted_regex: zzz\n    age: ${FIRST}\n`,
      'x.yaml',
      'nothing',
    ],
    ['a file that is not of its format', CONFIG, 'broken.yaml', 'Error unmarshalling file'],
  ])('%s', async (_, config, file, problem) => {
    yard.configure(config);
    yard.write('x.yaml', 'a: 1\n');
    yard.write('broken.yaml', `a: [${CANARY}\n`);
    const found = await explain(file);
    expect(found.status).toBe(1);
    expect(found.problems.join('\n')).toContain(problem);
    expect(await tell(file)).toContain('Problem: ');
  });

  test.each([
    ['is not there', 'absent.yaml', 'open absent.yaml: no such file or directory'],
    ['does not fit', 'wrong.yaml', 'unmarshal errors: line 2: cannot unmarshal !!map into string'],
  ])('a configuration that %s is reported once, and not called missing', async (_, config, reason) => {
    yard.write('wrong.yaml', 'creation_rules:\n  - key_groups: [{age: [{a: b}]}]\n');
    yard.write('x.yaml', 'a: 1\n');
    const lines = (await tell('--config', config, 'x.yaml')).split('\n');
    expect(lines).toContain('Configuration: cannot be used');
    expect(lines.filter((line) => line.startsWith('Problem: '))).toEqual([expect.stringContaining(reason)]);
    const { stdout } = await yard.run(['doctor', '--config', config]);
    expect(stdout.toString()).toContain(reason);
  });

  test('a rule behind a malformed one is not used', async () => {
    yard.configure(`creation_rules:\n  - path_regex: "("\n    age: ${FIRST}\n  - age: ${FIRST}\n`);
    const { rules } = await explain('x.yaml');
    expect(rules.map(({ verdict }) => verdict)).toEqual(['malformed', 'matches too late']);
  });
});

test('what cannot be read or is not named is an error', async () => {
  expect((await yard.run(['why'])).status).toBe(100);
  expect((await yard.run(['why', 'a', 'b'])).status).toBe(1);
  expect((await yard.run(['why', 'prod'])).status).toBe(2);
});

test('control characters of names and keys do not reach the terminal', async () => {
  yard.write('prod/x.yaml', '"a\\e[31m\\nb": v\n');
  const text = await tell('prod/x.yaml');
  expect(text).not.toContain('\u001b');
  expect(text).toContain('\\x1b');
});

test('the file stays as it is', async () => {
  yard.write('prod/x.yaml', TEXT);
  await tell('prod/x.yaml');
  expect(readFileSync(join(yard.folder, 'prod/x.yaml'), 'utf8')).toBe(TEXT);
});
