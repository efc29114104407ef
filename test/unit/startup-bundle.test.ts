/** What the modules of the program bring with them, as the bundle has them: a start loads what the command needs. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Program } from '../support/program.js';

let program: Program;

beforeAll(() => {
  program = new Program();
});

describe('the bundle', () => {
  /** Source files and packages that are loaded together with some files. */
  function reachable(from: readonly string[]): {
    files: Set<string>;
    packages: Set<string>;
  } {
    const files = new Set<string>();
    const packages = new Set<string>();
    const pending = [...from];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (files.has(next)) continue;
      files.add(next);
      const input = program.inputs.get(next);
      if (!input) throw new Error(`${next} is not part of the program`);
      for (const { path, kind, external } of input.imports) {
        if (kind !== 'import-statement' && kind !== 'require-call') continue;
        if (!external) pending.push(path);
        else if (!path.startsWith('node:')) packages.add(path);
      }
    }
    return { files, packages };
  }

  test('main alone brings no command, format or provider', () => {
    const { files, packages } = reachable(['src/cli/main.ts']);
    expect([...packages]).toEqual([]);
    const lazy =
      /^src\/(?:operations|formats|keys|cipher|datakey|keyservice|remotes|kubernetes|git|exec)\/|^src\/cli\/commands\/(?!registry|table|command\.)/;
    expect(
      [...files].filter((file) => lazy.test(file) && !/\/(?:registry|store|provider|place)\.ts$/.test(file)),
    ).toEqual([]);
  });

  test('what decrypting a small age file needs brings no package, and no other command, provider or place', () => {
    const needed = [
      'src/cli/main.ts',
      'src/cli/commands/decrypt.ts',
      'src/formats/yaml/yaml.ts',
      'src/formats/json/json.ts',
      'src/formats/dotenv.ts',
      'src/formats/ini/ini.ts',
      'src/formats/binary.ts',
      'src/keys/age/age.ts',
    ];
    const { files, packages } = reachable(needed);
    expect([...packages]).toEqual([]);
    const others =
      /^src\/(?:keys\/(?:pgp|aws|gcp|azure|hc-|hckms|vault|cloud)|remotes\/|kubernetes\/|git\/|keyservice\/(?:grpc|server))|^src\/keys\/age\/(?:ssh|plugin)\/|age-package|^src\/cli\/(?:help\/|terminal\/(?:terminal|confirm|questions)\.)/;
    expect([...files].filter((file) => others.test(file) && !file.endsWith('/registry.ts'))).toEqual([]);
    const commands = [...files].filter((file) => file.startsWith('src/cli/commands/'));
    expect(
      commands.filter((file) =>
        /\/(?:encrypt|edit|rotate|set|unset|updatekeys|publish|exec-env|exec-file)\.ts$/.test(file),
      ),
    ).toEqual([]);
  });

  test('needs few built-ins for what every run loads, as each takes the executable time', () => {
    const { sources } = program.loadedWith('sops-ts.cjs');
    const imports = [...sources].flatMap((file) => program.inputs.get(file)?.imports ?? []);
    const wanted = imports.filter(({ path, kind }) => kind === 'import-statement' && path.startsWith('node:'));
    expect([...new Set(wanted.map(({ path }) => path))].toSorted()).toEqual([
      'node:buffer',
      'node:crypto',
      'node:events',
      'node:fs',
      'node:path',
      'node:process',
    ]);
  });

  test('holds no package: those are found beside it when they are needed', () => {
    expect([...program.inputs.keys()].filter((file) => !file.startsWith('src/'))).toEqual(['package.json']);
  });
});
