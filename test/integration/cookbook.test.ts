/** The recipes of the cookbook that are programs, each run from the packed package with what it is for, or with something that acts like it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InstalledPackage } from '../support/installed-package.js';
import { ROOT } from '../support/program.js';

const page = readFileSync(join(ROOT, 'docs/cookbook.md'), 'utf8');
const recipes = new Map(
  [...page.matchAll(/^```(\w+) recipe=(\w+)\n([\s\S]*?)^```/gm)].map(([, , name = '', text = '']) => [name, text]),
);

/** What a framework would do with what it is given. */
const STANDING_IN: Readonly<Record<string, string>> = {
  '@nestjs/common': 'export const Module = (about) => () => { globalThis.nest = about; };',
  '@nestjs/config': 'export const ConfigModule = { forRoot: (about) => about };',
  vite: 'export const defineConfig = (config) => config;',
};

let app: InstalledPackage;
beforeAll(async () => {
  app = new InstalledPackage();
  await app.seal('.env.enc', 'TOKEN=abc\n', '--input-type', 'dotenv', '--output-type', 'dotenv');
  await app.seal('secrets.yaml', 'db: {password: hunter2}\n');
  for (const [name, text] of Object.entries(STANDING_IN)) {
    app.put(`node_modules/${name}/package.json`, '{"type": "module", "exports": "./index.js"}');
    app.put(`node_modules/${name}/index.js`, text);
  }
  for (const name of ['next', 'nest', 'vite', 'vitest']) app.put(`${name}.mjs`, await compiled(name));
});
afterAll(() => app.remove());

async function compiled(name: string): Promise<string> {
  const { code } = await transform(recipes.get(name) ?? '', {
    loader: 'ts',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  return code;
}

/** Runs a script in the folder, and gives what it prints. */
function shown(script: string, env: Record<string, string> = {}): string {
  const { stdout, stderr } = app.node(['--input-type=module', '-e', script], { NODE_NO_WARNINGS: '1', ...env });
  return stdout + stderr;
}

describe('the cookbook', () => {
  test('has a dozen recipes and more', () => {
    expect([...page.matchAll(/^## /gm)].length).toBeGreaterThanOrEqual(12);
    expect([...recipes.keys()].toSorted()).toEqual(['actions', 'lambda', 'nest', 'next', 'vite', 'vitest']);
  });

  test('Next.js: on the server alone', () => {
    const script = "const { register } = await import('./next.mjs'); await register(); console.log(process.env.TOKEN)";
    expect(shown(script, { NEXT_RUNTIME: 'nodejs' })).toBe('abc\n');
    expect(shown(script, { NEXT_RUNTIME: 'edge' })).toBe('undefined\n');
  });

  test('NestJS', () => {
    const script =
      "await import('./nest.mjs'); const [{ load: [load], ignoreEnvFile }] = globalThis.nest.imports; console.log(ignoreEnvFile, (await load()).db.password)";
    expect(shown(script)).toBe('true hunter2\n');
  });

  test('Vite', () => {
    const script =
      "const { default: config } = await import('./vite.mjs'); console.log((await config()).server.proxy['/api'].headers['x-password'])";
    expect(shown(script)).toBe('hunter2\n');
  });

  test('vitest', () => {
    expect(
      shown("const { default: setup } = await import('./vitest.mjs'); await setup(); console.log(process.env.TOKEN)"),
    ).toBe('abc\n');
  });

  test('AWS Lambda: bundled as the recipe says, and moved', async () => {
    const command = /^esbuild handler\.ts (.*)$/m.exec(page)?.[1] ?? '';
    expect(command).toContain('--bundle --platform=node --format=esm');
    app.put('handler.ts', recipes.get('lambda') ?? '');
    await build({
      absWorkingDir: app.folder,
      entryPoints: ['handler.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      splitting: command.includes('--splitting'),
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
      logLevel: 'silent',
    });
    app.put('dist/secrets.yaml', app.read('secrets.yaml'));
    const script = "const { handler } = await import('./dist/handler.mjs'); console.log((await handler()).body)";
    expect(shown(script)).toBe('a password of 7 letters\n');
  });

  test('GitHub Actions: the step masks values and hands them on', () => {
    const step = /run: npx sops-ts (.*)/.exec(recipes.get('actions') ?? '')?.[1] ?? '';
    expect(step).toBe('export secrets/app.enc.yaml --shell github');
    const words = step.replace('secrets/app.enc.yaml', '.env.enc').split(' ');
    const env = { GITHUB_ENV: app.put('github.env', ''), GITHUB_ACTIONS: 'true' };
    const { stdout } = app.node([app.path('node_modules/sops-ts/bin/sops-ts.js'), ...words], env);
    expect(stdout).toContain('::add-mask::abc');
    expect(app.text('github.env')).toMatch(/^TOKEN[=<]/m);
    expect(app.text('github.env')).toContain('abc');
  });
});
